import { Pattern } from "@papilio/butterfly";
import type { DeviceContext } from "../device/device-context.ts";
import type { Step } from "../device/kernel.ts";
import { assertFits } from "../device/storage.ts";
import { blockTransposeKernel } from "../kernels/block-transpose/kernel.ts";
import { factorGradientKernel } from "../kernels/factor-gradient/kernel.ts";
import { nonZerosKernel } from "../kernels/non-zeros/kernel.ts";
import { Scratch } from "../memory/scratch.ts";
import { paddedBytes } from "../tensor/dtype.ts";
import {
  type FactorGradientOperands,
  type FactorGradientOptions,
  gradientProblem,
  gradientSteps,
  memoryOf,
} from "./factor-gradient.ts";

/**
 * The gradient of a factor as frameworks compute it: both operands are gathered into contiguous blocks, a batched
 * product of `b x count` by `count x c` matrices, a scatter. The product is the fused kernel on the pattern
 * `(a d, b, c, 1)`, so that what differs is the memory rewriting alone. Where `d` = 1 there is none.
 *
 * @throws PapilioError what `factorGradient` throws
 */
export function bmmFactorGradient(
  gpu: DeviceContext,
  pattern: Pattern,
  operands: FactorGradientOperands,
  options: FactorGradientOptions = {},
): Step[] {
  const problem = gradientProblem(gpu, pattern, operands, options);
  const { x, dy, y } = memoryOf(operands);
  const { a, b, c, d, nonZeros } = pattern;
  if (d === 1) return gradientSteps(gpu, problem, { x, dy, y });
  const { batch, layout, dtype } = problem;
  const [outer, inner] = layout === "batch-first" ? [batch * a, 1] : [a, batch];
  const gather = (rows: number) => blockTransposeKernel({ outer, rows, columns: d, inner, dtype });
  const scatter = blockTransposeKernel({
    ...{ outer: a, rows: d, columns: b * c, inner: 1 },
    dtype: "f32",
  });
  const scratch = {
    x: new Scratch(x.size, "gathered input"),
    dy: new Scratch(dy.size, "gathered gradient of the output"),
    y: new Scratch(paddedBytes(nonZeros, "f32"), "gradient before scatter"),
  };
  const blocks = { ...problem, pattern: new Pattern(a * d, b, c, 1) };
  return [
    { kernel: gather(c), buffers: [x, scratch.x], role: "rewrite" },
    { kernel: gather(b), buffers: [dy, scratch.dy], role: "rewrite" },
    ...gradientSteps(gpu, blocks, scratch),
    { kernel: scatter, buffers: [scratch.y, y], role: "rewrite" },
  ];
}

/**
 * The gradient of the dense matrix, zeros included, of which those of the factor's values are taken.
 *
 * @throws PapilioError what `factorGradient` throws; `BUFFER_TOO_LARGE` too where the device cannot hold the dense one
 */
export function denseFactorGradient(
  gpu: DeviceContext,
  pattern: Pattern,
  operands: FactorGradientOperands,
  options: FactorGradientOptions = {},
): Step[] {
  const problem = gradientProblem(gpu, pattern, operands, options);
  const { x, dy, y } = memoryOf(operands);
  const dense = new Pattern(1, pattern.rows, pattern.cols, 1);
  const bytes = paddedBytes(dense.nonZeros, "f32");
  assertFits(gpu, bytes, "the dense gradient");
  const matrix = new Scratch(bytes, "dense gradient");
  return [
    ...gradientSteps(gpu, { ...problem, pattern: dense }, { x, dy, y: matrix }),
    { kernel: nonZerosKernel(pattern), buffers: [matrix, y], role: "rewrite" },
  ];
}

/** Invocations of a workgroup, at most. */
const WORKGROUP = 64;

/**
 * The einsum `n a b d, n a c d -> a b c d`, directly: an invocation for each value, nothing rewritten, nothing shared.
 *
 * @throws PapilioError what `factorGradient` throws
 */
export function einsumFactorGradient(
  gpu: DeviceContext,
  pattern: Pattern,
  operands: FactorGradientOperands,
  options: FactorGradientOptions = {},
): Step[] {
  const problem = gradientProblem(gpu, pattern, operands, options);
  const { x, dy, y } = memoryOf(operands);
  const { c, blocks } = pattern;
  const direct = {
    ...({ tile: 1, spans: 1, turn: 1, parts: 1 } as const),
    workgroup: Math.min(WORKGROUP, 8 * Math.ceil(Math.max(c, blocks) / 8)),
  };
  const kernel = factorGradientKernel(
    problem,
    c > blocks
      ? { kind: "lanes", lanes: "inputs", group: 1, broadcast: "load", ...direct }
      : { kind: "blocks", vector: 1, ...direct },
  );
  return [{ kernel, buffers: [x, dy, y], role: "multiply" }];
}
