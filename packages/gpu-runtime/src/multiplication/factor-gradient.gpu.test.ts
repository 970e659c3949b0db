import { LAYOUTS, Pattern } from "@papilio/butterfly";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import { chooseFactorGradient, transposesOperands } from "../kernels/factor-gradient/choose.ts";
import { Program } from "../program/program.ts";
import { Tensor, tensor } from "../tensor/tensor.ts";
import { drawGradientOperands, verifyFactorGradient } from "../testing/factor-gradient.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { factorGradient } from "./factor-gradient.ts";
import {
  bmmFactorGradient,
  denseFactorGradient,
  einsumFactorGradient,
} from "./gradient-baselines.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const dtype = "f32";
/** Few blocks, so that the batch is divided; a dense layer; blocks of a few numbers; a block for each lane. */
const cases: [name: string, pattern: Pattern, batch: number, count: number][] = [
  ["a batch in parts", new Pattern(1, 12, 20, 1), 200, 200],
  ["a batch in parts with padding", new Pattern(1, 5, 8, 2), 140, 133],
  ["a dense layer", new Pattern(1, 72, 40, 1), 24, 24],
  ["small blocks", new Pattern(2, 4, 2, 32), 40, 40],
  ["many blocks", new Pattern(3, 9, 8, 16), 8, 8],
];

const ways = { factorGradient, bmmFactorGradient, denseFactorGradient, einsumFactorGradient };
const grid = LAYOUTS.flatMap((layout) =>
  Object.entries(ways).map(([name, gradient]) => ({ layout, name, gradient })),
);

describe.each(grid)("$name, $layout", ({ layout, name, gradient }) => {
  it.each(cases)("of %s is the sum over the batch", async (_, pattern, batch, count) => {
    const problem = { pattern, batch, count, layout, dtype } as const;
    const operands = drawGradientOperands(problem);
    using x = tensor(gpu, operands.x, { batch, layout, features: pattern.cols });
    using dy = tensor(gpu, operands.dy, { batch, layout, features: pattern.rows });
    const values = new Float32Array(pattern.nonZeros).fill(Number.NaN);
    using y = tensor(gpu, values, { batch: 1, layout, features: pattern.nonZeros });
    using program = await Program.record(gpu, gradient(gpu, pattern, { x, dy, y }, { count }));
    await Program.complete([program, program]);
    const { parts } = chooseFactorGradient(gpu.report, problem);
    if (name === "factorGradient") expect(program.steps).toHaveLength(parts > 1 ? 2 : 1);
    // In whatever parts, there are no more of them than vectors.
    expect(verifyFactorGradient(await y.data(), problem, operands, count).ok).toBe(true);
  });
});

describe.each(["f32", "f16"] as const)(
  "the gradient of a factor of large blocks, in %s",
  (dtype) => {
    it("is the sum over the batch where it is first", async ({ skip }) => {
      skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
      const shape = { batch: 68, layout: "batch-first" } as const;
      const pattern = new Pattern(1, 256, 256, 2);
      const problem = { ...shape, pattern, count: 64, dtype };
      const transposed = transposesOperands(gpu.report, problem);
      const operands = drawGradientOperands(problem);
      using x = tensor(gpu, operands.x, { ...shape, dtype, features: pattern.cols });
      using dy = tensor(gpu, operands.dy, { ...shape, dtype, features: pattern.rows });
      using y = new Tensor(gpu, { ...shape, batch: 1, features: pattern.nonZeros });
      const steps = factorGradient(gpu, pattern, { x, dy, y }, { count: problem.count });
      expect(steps.filter(({ role }) => role === "rewrite")).toHaveLength(transposed ? 2 : 0);
      using program = await Program.record(gpu, steps);
      await Program.complete([program, program]);
      expect(verifyFactorGradient(await y.data(), problem, operands, problem.count).ok).toBe(true);
    });
  },
);

describe("the gradient of a factor refuses", () => {
  const pattern = new Pattern(1, 2, 3, 2);
  const shape = { batch: 4, layout: "batch-first" } as const;
  const wrong: [
    name: string,
    features: [x: number, dy: number, y: number],
    count: number,
    string,
  ][] = [
    ["inputs of the outputs' length", [4, 4, 12], 4, "TENSOR_MISMATCH"],
    ["outputs of the inputs' length", [6, 6, 12], 4, "TENSOR_MISMATCH"],
    ["values of another number", [6, 4, 13], 4, "TENSOR_MISMATCH"],
    ["more vectors than there are", [6, 4, 12], 5, "OPTION_INVALID"],
    ["no vectors", [6, 4, 12], 0, "OPTION_INVALID"],
  ];
  it.each(wrong)("%s", (_, [cols, rows, values], count, code) => {
    using x = new Tensor(gpu, { ...shape, features: cols });
    using dy = new Tensor(gpu, { ...shape, features: rows });
    using y = new Tensor(gpu, { ...shape, batch: 1, features: values });
    expect(() => factorGradient(gpu, pattern, { x, dy, y }, { count })).toThrow(
      expect.objectContaining({ code }),
    );
  });
});
