import { Butterfly, Chain, compile, KroneckerSparse, Pattern } from "@papilio/butterfly";
import { referenceProduct } from "@papilio/butterfly/matrix";
import { describe, expect, it } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import { prepareKroneckerSparse } from "../multiplication/kronecker-sparse.ts";
import { openGpu } from "../node/open.ts";
import { Program } from "../program/program.ts";
import { measureRates } from "../rates/measure-rates.ts";
import { Tensor, tensor } from "../tensor/tensor.ts";

const adapter = process.env.PAPILIO_ADAPTER ?? "auto";
const shape = { batch: 64, layout: "batch-last", dtype: "f32" } as const;
const butterfly = Butterfly.random(Chain.squareDyadic(64), { seed: 1 });

describe("a device that is lost", () => {
  const operations: Record<string, (gpu: Gpu) => Promise<unknown>> = {
    "Tensor.data": async (gpu) =>
      await tensor(gpu, new Float32Array(64), { ...shape, features: 1 }).data(),
    "Gpu.settled": (gpu) => gpu.settled(),
    measureRates: (gpu) => measureRates(gpu),
    "a compiled matrix": async (gpu) =>
      (await compile(butterfly, gpu)).multiply(new Float32Array(64 * 64), shape, {
        microBatch: 32,
      }),
    "Program.record": async (gpu) => {
      const factor = KroneckerSparse.random(new Pattern(3, 7, 5, 3), { seed: 1 });
      const x = new Tensor(gpu, { ...shape, features: factor.pattern.cols });
      const y = new Tensor(gpu, { ...shape, features: factor.pattern.rows });
      const multiplication = prepareKroneckerSparse(gpu, factor, shape);
      return await Program.complete([await Program.record(gpu, multiplication.steps(x, y))]);
    },
  };

  it.for(Object.entries(operations))("rejects %s while it is pending", async ([, operation]) => {
    using gpu = await openGpu({ adapter });
    const pending = operation(gpu);
    gpu.device.destroy();
    await expect(pending).rejects.toMatchObject({ code: "GPU_LOST" });
    expect(await gpu.lost).toMatchObject({ code: "GPU_LOST" });
    expect(gpu.state).toBe("lost");
    await expect(operation(gpu)).rejects.toMatchObject({ code: "GPU_LOST" });
  });

  it("is followed by another one, with the same answers from the same sources", async () => {
    const input = Float32Array.from({ length: 64 * 64 }, (_, index) => Math.sin(index));
    const answers: Float32Array[] = [];
    for (let turn = 0; turn < 2; turn++) {
      using gpu = await openGpu({ adapter });
      using weights = await compile(butterfly, gpu);
      answers.push(await weights.multiply(input, shape));
      gpu.device.destroy();
      await gpu.lost;
    }
    expect(answers[1]).toEqual(answers[0]);
  });
});

describe("concurrent calls", () => {
  it("of many tasks on two devices give each its own answer", async () => {
    using first = await openGpu({ adapter });
    using second = await openGpu({ adapter });
    const factor = KroneckerSparse.random(new Pattern(2, 8, 4, 2), { seed: 5 });
    const tasks = Array.from({ length: 64 }, async (_, index) => {
      const gpu = index % 2 === 0 ? first : second;
      using weights = await compile(factor, gpu);
      const values = Float32Array.from({ length: 64 * 16 }, (__, at) => Math.sin(at + index));
      using x = tensor(gpu, values, { ...shape, features: 16 });
      using y = await weights.multiply(x);
      const expected = referenceProduct(factor, values, shape);
      const actual = await y.data();
      return Math.max(...actual.map((value, at) => Math.abs(value - (expected[at] as number))));
    });
    expect(Math.max(...(await Promise.all(tasks)))).toBeLessThan(1e-5);
    for (const gpu of [first, second]) {
      // One kernel, however many asked for it at once.
      expect(gpu.pipelines.size).toBe(1);
      expect(gpu.memory.statistics.inUse).toBe(0);
    }
  });
});
