import { Butterfly, Chain, LAYOUTS } from "@papilio/butterfly";
import { quantize } from "@papilio/butterfly/numeric";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Step } from "../../device/kernel.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import { prepareButterfly } from "../../multiplication/butterfly.ts";
import { WeightStore } from "../../multiplication/weight-store.ts";
import { Program } from "../../program/program.ts";
import { BufferSet } from "../../tensor/buffer-set.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { draw } from "../../testing/vectors-in-memory.ts";
import { repackKernel } from "./kernel.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

describe.each(["f32", "f16"] as const)("numbers in another order, in %s", (dtype) => {
  it("are where places say, and zeros elsewhere", async ({ skip }) => {
    skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
    const x = draw(5, dtype, 1);
    const places = Uint32Array.of(5, 0, 1, 1, 3, 0, 2);
    const kernel = repackKernel({ length: places.length, dtype });
    const expected = Float32Array.from(places, (place) =>
      place === 0 ? 0 : (x[place - 1] as number),
    );
    expect(await runKernel(gpu, kernel, { x, places }, places.length)).toEqual(expected);
  });
});

/** `W x` with weights that steps of the program write, and with those that were packed before. */
async function products(
  chain: Chain,
  shape: { batch: number; layout: "batch-first" | "batch-last"; dtype: "f32" | "f16" },
): Promise<[Float32Array, Float32Array]> {
  const change = (given: Butterfly, by: (values: Float32Array) => Float32Array): Butterfly =>
    new Butterfly(
      given.factors.map((factor) => factor.map((values) => by(values as Float32Array))),
    );
  // Numbers that both have, since devices may round others either way.
  const random = Butterfly.random(chain, { seed: 3 });
  const matrix = change(random, (numbers) => quantize(numbers, shape.dtype));
  const values = matrix.factors.flatMap((factor) => [...(factor.values as Float32Array)]);
  let next = 1;
  const places = change(matrix, (numbers) => {
    const indices = Uint32Array.from(numbers, () => next++);
    return new Float32Array(indices.buffer);
  });
  using buffers = new BufferSet(gpu);
  const canonical = buffers.upload(Float32Array.from(values), "f32", "values");
  const repacks: Step[] = [];
  using store = new WeightStore(gpu);
  using weights = store.open({
    place: (packed, dtype, label) => {
      const memory = buffers.upload(new Float32Array(packed.length), dtype, label);
      const indices = new Uint32Array(packed.buffer as ArrayBuffer).slice();
      const kernel = repackKernel({ length: packed.length, dtype });
      const read = buffers.uploadIndices(indices, "places");
      repacks.push({ kernel, buffers: [canonical, memory, read], role: "rewrite" });
      return memory;
    },
  });
  using placed = prepareButterfly(gpu, places, shape, { weights });
  const plan = placed.plan;
  using packed = prepareButterfly(gpu, matrix, shape, { plan });
  using x = new Tensor(gpu, { ...shape, features: chain.cols });
  x.write(draw(x.length, shape.dtype, 5));
  const results: Float32Array[] = [];
  for (const multiplication of [placed, packed]) {
    using y = new Tensor(gpu, { ...shape, features: chain.rows });
    using program = await Program.record(gpu, [
      ...repacks.splice(0),
      ...multiplication.steps(x, y),
    ]);
    program.run();
    results.push(await y.data());
  }
  return results as [Float32Array, Float32Array];
}

describe.each(LAYOUTS)("weights that are written within a program, %s", (layout) => {
  it.for(["1,4,4,8; 4,8,8,1", "2,3,5,2"])(
    "of %s are those that are packed before",
    async (text, { skip }) => {
      for (const dtype of ["f32", "f16"] as const) {
        if (dtype === "f16") skip(!gpu.report.features.f16, "the adapter has no half precision");
        const [placed, packed] = await products(Chain.parse(text), { batch: 20, layout, dtype });
        expect(placed).toEqual(packed);
      }
    },
  );
});
