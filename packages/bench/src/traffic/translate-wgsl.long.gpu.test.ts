import { KroneckerSparse, LAYOUTS, Pattern } from "@papilio/butterfly";
import { type Gpu, type InputShape, Tensor, tensor } from "@papilio/gpu-runtime";
import {
  BufferSet,
  kroneckerSparseKernel,
  kroneckerSparseVariants,
  Program,
  packKroneckerSparse,
  type Step,
} from "@papilio/gpu-runtime/kernels";
import { openGpu } from "@papilio/gpu-runtime/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { multiplications } from "../implementations/registry.ts";
import { recordingDevice } from "./recording-device.ts";
import { translateKernel } from "./translate-wgsl.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu({ adapter: process.env.PAPILIO_ADAPTER ?? "auto" });
});
afterAll(() => gpu.dispose());

/** Elements of each binding that are told apart. */
const MOST = 8192;

/** The kernel with an atomic count for each element of its bindings, of every time that it is read or written. */
function counting({ kernel, buffers }: Step, counts: Tensor): Step {
  let { wgsl } = kernel;
  kernel.bindings.forEach(({ name }, binding) => {
    // The last first: what is inside of another's brackets is replaced before that is.
    const places = [...wgsl.matchAll(new RegExp(`\\b${name}\\[`, "g"))].map(({ index }) => index);
    for (const place of places.reverse()) {
      const open = place + name.length;
      let close = open + 1;
      for (let depth = 1; depth > 0; close++) {
        if (wgsl[close] === "[") depth++;
        if (wgsl[close] === "]") depth--;
      }
      const index = wgsl.slice(open + 1, close - 1);
      wgsl = `${wgsl.slice(0, open)}[touch(${binding * MOST}u, ${index})]${wgsl.slice(close)}`;
    }
  });
  const touch =
    "fn touch(base: u32, index: u32) -> u32 { atomicAdd(&counts[base + index], 1u); return index; }\n";
  return {
    role: "multiply",
    kernel: {
      ...kernel,
      bindings: [
        ...kernel.bindings,
        { name: "counts", elements: "atomic<u32>", access: "read-write" },
      ],
      wgsl: `${touch}${wgsl}`,
    },
    buffers: [...buffers, counts.memory],
  };
}

/** How often each element of each binding is read or written, by the translation. */
function traced({ kernel }: Step, uploaded: readonly (Uint32Array | undefined)[]): Uint32Array {
  const { sites, workgroup, run } = translateKernel(kernel);
  const counts = new Uint32Array(kernel.bindings.length * MOST);
  const [width, height] = kernel.workgroups;
  for (let tile = 0; tile < width * height; tile++) {
    for (let lane = 0; lane < workgroup; lane++) {
      run(
        {
          workgroup_id: { x: tile % width, y: Math.floor(tile / width), z: 0 },
          local_invocation_index: lane,
          subgroup_invocation_id: lane % (gpu.report.features.subgroups?.max ?? 1),
        },
        {
          touch(site, index) {
            const binding = sites[site]?.binding ?? -1;
            counts[binding * MOST + index] = (counts[binding * MOST + index] as number) + 1;
            return uploaded[binding]?.[index] ?? 0;
          },
          touchMatrix: () => 0,
        },
      );
    }
  }
  return counts;
}

/** Runs a step with its counts, and compares them with the translation's. */
async function expectSame(
  step: Step,
  uploaded: readonly (Uint32Array | undefined)[] = [],
): Promise<void> {
  const features = step.kernel.bindings.length * MOST;
  const shape = { batch: 1, features, layout: "batch-first" } as const;
  using counts = tensor(gpu, new Float32Array(features), shape);
  using program = await Program.record(gpu, [counting(step, counts)]);
  await Program.complete([program]);
  const found = new Uint32Array((await counts.data()).buffer);
  const expected = traced(step, uploaded);
  expect(expected.some((count) => count > 0)).toBe(true);
  const different = found.findIndex((count, at) => count !== expected[at]);
  expect(different, step.kernel.label).toBe(-1);
}

describe("the addresses that a translated kernel computes are those that the device does", () => {
  it.each(LAYOUTS)("of every implementation, %s", async (layout) => {
    const pattern = new Pattern(2, 6, 9, 3);
    const shape: InputShape = { batch: 10, layout, dtype: "f32" };
    using x = tensor(gpu, new Float32Array(10 * pattern.cols), {
      ...shape,
      features: pattern.cols,
    });
    using y = new Tensor(gpu, { ...shape, features: pattern.rows });
    for (const { name, prepare } of multiplications) {
      const factor = KroneckerSparse.random(pattern, { seed: 1 });
      using multiplication = prepare(gpu, factor, shape);
      // The same on a device that keeps what is uploaded.
      const recording = recordingDevice(gpu.report);
      using recorded = prepare(recording.gpu, factor, shape);
      const likewise = recorded.steps(x, y);
      for (const [index, step] of multiplication.steps(x, y).entries()) {
        const { kernel, buffers } = likewise[index] as Step;
        expect(kernel.wgsl, name).toBe(step.kernel.wgsl);
        const uploaded = kernel.bindings.map(({ elements }, binding) => {
          const operand = buffers[binding];
          if (elements !== "u32" || operand === undefined || !("buffer" in operand))
            return undefined;
          const bytes = recording.written(operand.buffer);
          return bytes && new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
        });
        await expectSame(step, uploaded);
      }
    }
  });

  it.each(LAYOUTS)("of every kind of variant of the fused kernel, %s", async (layout) => {
    const pattern = new Pattern(2, 12, 8, 4);
    const shape = { batch: 20, layout, dtype: "f32" } as const;
    const problem = { ...shape, pattern };
    const { values } = KroneckerSparse.random(pattern, { seed: 1 });
    const common = { tileM: 8, tileN: 8, tileK: 4, threadM: 2, threadN: 2 };
    const variants = [
      ...kroneckerSparseVariants(gpu.report, problem)
        .filter(({ kind }) => kind === "register")
        .slice(0, 4),
      { kind: "workgroup", ...common, neighbours: 1 },
      { kind: "workgroup", ...common, neighbours: 3 },
      { kind: "vector", vector: 2, splitK: 4, groups: 2, tile: 2, reduceScope: "workgroup" },
    ] as const;
    using x = tensor(gpu, new Float32Array(20 * pattern.cols), {
      ...shape,
      features: pattern.cols,
    });
    using y = new Tensor(gpu, { ...shape, features: pattern.rows });
    for (const variant of variants) {
      using buffers = new BufferSet(gpu);
      const weights = buffers.upload(
        packKroneckerSparse(pattern, values, variant),
        "f32",
        "weights",
      );
      const kernel = kroneckerSparseKernel(problem, variant);
      await expectSame({ kernel, buffers: [x.memory, weights, y.memory], role: "multiply" });
    }
  });
});
