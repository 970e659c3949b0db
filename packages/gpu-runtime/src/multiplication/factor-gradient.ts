import { PapilioError, type Pattern } from "@papilio/butterfly";
import {
  requireObject,
  requireOptions,
  requirePattern,
  requireWhole,
} from "@papilio/butterfly/errors";
import { requireGpu } from "../device/device-checks.ts";
import type { DeviceContext } from "../device/device-context.ts";
import type { Step } from "../device/kernel.ts";
import { assertFits } from "../device/storage.ts";
import { blockTransposeKernel } from "../kernels/block-transpose/kernel.ts";
import { chooseFactorGradient, transposesOperands } from "../kernels/factor-gradient/choose.ts";
import { factorGradientKernel } from "../kernels/factor-gradient/kernel.ts";
import type { FactorGradientProblem } from "../kernels/factor-gradient/problem.ts";
import { reduceVectorsKernel } from "../kernels/reduce-vectors/kernel.ts";
import { type Operand, Scratch } from "../memory/scratch.ts";
import { paddedBytes } from "../tensor/dtype.ts";
import { requireVectorsOnDevice, type Vectors } from "../tensor/vectors.ts";
import { assertShape } from "./assert-shape.ts";

/** What the gradient of a factor is computed from, and where it goes. */
export interface FactorGradientOperands {
  /** The inputs, of `pattern.cols` features. */
  readonly x: Vectors;
  /** The gradient of the loss with respect to the outputs, of `pattern.rows` features: else as `x`. */
  readonly dy: Vectors;
  /** The gradient of the values: one vector of `pattern.nonZeros` features in f32, `[a, b, c, d]` row-major. */
  readonly y: Vectors;
}

export interface FactorGradientOptions {
  /** Vectors that count, from the first on; the whole batch unless given. */
  readonly count?: number;
}

/**
 * The gradient of a loss with respect to the values of a Kronecker-sparse factor `K` of `y = K x`:
 * `dK[i, j, l, k] = Σ dy[n, i, j, k] x[n, i, l, k]` over the batch. Reads both operands in place, strided, in either
 * layout, and sums in float32. On software adapters large blocks of a batch-first batch are the exception: copies of both
 * operands with the batch last are dispatched first. Where blocks are few, parts of the batch are summed by workgroups
 * of their own, and a last dispatch adds up their sums. Of a dense layer, pattern `(1, rows, cols, 1)`, it
 * is the gradient of the weights.
 *
 * @returns the dispatches, to record into a program
 * @throws PapilioError `OPTION_INVALID`, `TENSOR_MISMATCH`, `BATCH_INVALID`, `LAYOUT_INVALID`, `F16_UNAVAILABLE`,
 *   `BUFFER_TOO_LARGE`
 */
export function factorGradient(
  gpu: DeviceContext,
  pattern: Pattern,
  operands: FactorGradientOperands,
  options: FactorGradientOptions = {},
): Step[] {
  const problem = gradientProblem(gpu, pattern, operands, options);
  return gradientSteps(gpu, problem, memoryOf(operands));
}

/** The memory of a gradient's operands. */
export type GradientMemory = Readonly<Record<"x" | "dy" | "y", Operand>>;

export function memoryOf({ x, dy, y }: FactorGradientOperands): GradientMemory {
  return { x: x.memory, dy: dy.memory, y: y.memory };
}

/** The dispatches of the kernel, in the shape that suits the device, after those that transpose its operands. */
export function gradientSteps(
  gpu: DeviceContext,
  problem: FactorGradientProblem,
  { x, dy, y }: GradientMemory,
): Step[] {
  const { batch, dtype, pattern } = problem;
  const { rows, cols, nonZeros } = pattern;
  if (transposesOperands(gpu.report, problem)) {
    const batchLast = {
      x: new Scratch(paddedBytes(batch * cols, dtype), "input, batch last"),
      dy: new Scratch(paddedBytes(batch * rows, dtype), "gradient of the output, batch last"),
    };
    const transpose = (columns: number) =>
      blockTransposeKernel({ outer: 1, rows: batch, columns, inner: 1, dtype });
    return [
      { kernel: transpose(cols), buffers: [x, batchLast.x], role: "rewrite" },
      { kernel: transpose(rows), buffers: [dy, batchLast.dy], role: "rewrite" },
      ...gradientSteps(gpu, { ...problem, layout: "batch-last" }, { ...batchLast, y }),
    ];
  }
  const variant = chooseFactorGradient(gpu.report, problem);
  const kernel = factorGradientKernel(problem, variant);
  const { parts } = variant;
  if (parts === 1) return [{ kernel, buffers: [x, dy, y], role: "multiply" }];
  const bytes = paddedBytes(parts * nonZeros, "f32");
  const partial = new Scratch(bytes, "gradients of parts of a batch");
  const sum = reduceVectorsKernel({
    kind: "sum",
    groups: 1,
    period: parts,
    features: nonZeros,
    lengths: false,
    batches: { from: parts, to: 1 },
    from: "batch-first",
    to: "batch-first",
    dtype: "f32",
  });
  return [
    { kernel, buffers: [x, dy, partial], role: "multiply" },
    { kernel: sum, buffers: [partial, y], role: "multiply" },
  ];
}

/**
 * What is asked for, once all is what it must be.
 *
 * @throws PapilioError `OPTION_INVALID`, `TENSOR_MISMATCH`, `BATCH_INVALID`, `LAYOUT_INVALID`, `F16_UNAVAILABLE`,
 *   `BUFFER_TOO_LARGE`
 */
export function gradientProblem(
  gpu: DeviceContext,
  pattern: Pattern,
  operands: FactorGradientOperands,
  options: FactorGradientOptions,
): FactorGradientProblem {
  requireGpu(gpu);
  requirePattern("The pattern", pattern);
  requireObject("The operands", operands, "an object of vectors on the device", "x", "dy", "y");
  const { x, dy, y } = operands;
  requireVectorsOnDevice("The input", x);
  requireVectorsOnDevice("The gradient of the output", dy);
  requireVectorsOnDevice("The gradient of the values", y);
  requireOptions("The options", options);
  const { batch, layout, dtype } = x;
  const { rows, cols, nonZeros } = pattern;
  const { count = batch } = options;
  requireCount(count, batch);
  gpu.assertDtype(dtype);
  assertShape(x, { batch, layout, dtype }, cols, "input");
  assertShape(dy, { batch, layout, dtype }, rows, "gradient of the output");
  assertShape(y, { batch: 1, layout: y.layout, dtype: "f32" }, nonZeros, "gradient of the values");
  for (const [features, operand, what] of [
    [cols, x, "the input"],
    [rows, dy, "the gradient of the output"],
    [nonZeros, y, "the gradient of the values"],
  ] as const) {
    assertFits(gpu, paddedBytes(features * operand.batch, operand.dtype), `${what} of ${pattern}`);
  }
  return { pattern, batch, count, layout, dtype };
}

/** @throws PapilioError `OPTION_INVALID` */
function requireCount(count: number, batch: number): void {
  requireWhole("The number of vectors that count", count, 1);
  if (count <= batch) return;
  throw new PapilioError(
    "OPTION_INVALID",
    `${count} vectors are to count, of a batch of ${batch}.`,
    "Give a count of at most the batch.",
  );
}
