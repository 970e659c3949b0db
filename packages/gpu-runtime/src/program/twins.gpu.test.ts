import { afterAll, beforeAll, expect, it } from "vitest";
import type { Step } from "../device/kernel.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { elementwiseKernel } from "../kernels/elementwise/kernel.ts";
import { tensor } from "../tensor/tensor.ts";
import { scratchVectors } from "../tensor/vectors.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { Program } from "./program.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

it("binds memory of the arena that a step reads twice", async () => {
  const shape = { batch: 8, features: 4, layout: "batch-first", dtype: "f32" } as const;
  const numbers = Float32Array.from({ length: 32 }, (_, index) => index - 16);
  using x = tensor(gpu, numbers, shape);
  using y = tensor(gpu, numbers, shape);
  const [copy, square] = [scratchVectors(shape, "copy"), scratchVectors(shape, "square")];
  const same = { ...shape, from: shape.layout, to: shape.layout };
  const twice = elementwiseKernel({
    ...same,
    combine: { operation: "multiply", layout: shape.layout },
  });
  const steps: Step[] = [
    { kernel: elementwiseKernel(same), buffers: [x.memory, copy.memory], role: "rewrite" },
    { kernel: twice, buffers: [copy.memory, square.memory, copy.memory], role: "multiply" },
    { kernel: elementwiseKernel(same), buffers: [square.memory, y.memory], role: "rewrite" },
  ];
  using program = await Program.record(gpu, steps);
  program.run();
  expect([...(await y.data())]).toEqual([...numbers].map((value) => value * value));
});
