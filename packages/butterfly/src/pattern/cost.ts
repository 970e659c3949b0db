import { requireOneOf } from "../errors/argument-checks.ts";
import { requireChain, requirePattern } from "../errors/matrix-checks.ts";
import { type FloatDtype, formatOf } from "../numeric/dtype.ts";
import { requireBatch } from "../numeric/layout.ts";
import type { Chain } from "./chain.ts";
import type { Pattern } from "./pattern.ts";

/** The cost of a multiplication on any machine: arithmetic, and the least traffic. */
export interface Cost {
  /** Floating-point operations: a multiplication and an addition for each value and vector. */
  readonly flops: number;
  /** Bytes that must move between memory and processor when each element moves once. */
  readonly bytes: {
    readonly input: number;
    readonly output: number;
    readonly values: number;
    readonly total: number;
  };
  /** Arithmetic intensity: FLOPs for each byte that must move. */
  readonly intensity: number;
}

/** The cost of one factor. */
export interface FactorCost extends Cost {
  /**
   * `(b + c) / (b*c)`: elements of input and output moved for each multiplication. The larger it
   * is, the more there is to gain by not rewriting memory. Source: the heuristic of arXiv 2405.15013.
   */
  readonly ratio: number;
}

const IMPLEMENTATION_NAMES = ["kronecker-sparse", "bmm", "bsr", "einsum", "dense", "csr"] as const;

/** The ways of multiplying by a factor that arXiv 2405.15013 compares. */
export type ImplementationName = (typeof IMPLEMENTATION_NAMES)[number];

/**
 * The cost of multiplying `batch` vectors by a factor, with values, inputs and outputs in `dtype`.
 *
 * @throws PapilioError `BATCH_INVALID`, `OPTION_INVALID`
 *
 * @example
 * ```ts
 * cost(Pattern.parse("4,64,64,4"), 128, "f32").flops; // 16777216
 * ```
 */
export function cost(pattern: Pattern, batch: number, dtype: FloatDtype): FactorCost {
  requirePattern("The pattern", pattern);
  const { b, c } = pattern;
  return { ...total([pattern], batch, dtype), ratio: (b + c) / (b * c) };
}

/**
 * The cost of multiplying by the factors of a chain one after the other: each reads its input and
 * writes its output. To cost a chain with runs merged, build it of {@link Chain.product} patterns.
 *
 * @throws PapilioError `BATCH_INVALID`, `OPTION_INVALID`
 */
export function chainCost(chain: Chain, batch: number, dtype: FloatDtype): Cost {
  requireChain("The chain", chain);
  return total(chain.patterns, batch, dtype);
}

/**
 * FLOPs of the same multiplication with the dense matrix, zeros included.
 *
 * @throws PapilioError `BATCH_INVALID`, `OPTION_INVALID`
 */
export function denseFlops(pattern: Pattern, batch: number): number {
  requirePattern("The pattern", pattern);
  requireBatch(batch);
  return 2 * batch * pattern.rows * pattern.cols;
}

/**
 * Bytes that an implementation reads and writes only to rearrange memory, which is what the fused
 * kernel saves. `bmm` and `bsr` shuffle the input before and the output after their product of
 * blocks, each with one read and one write; with `d = 1` the blocks are contiguous as they are.
 *
 * @throws PapilioError `BATCH_INVALID`, `OPTION_INVALID`
 */
export function rewritingBytes(
  implementation: ImplementationName,
  pattern: Pattern,
  batch: number,
  dtype: FloatDtype,
): number {
  requirePattern("The pattern", pattern);
  requireBatch(batch);
  requireOneOf("The implementation", implementation, IMPLEMENTATION_NAMES);
  const { bytes } = formatOf(dtype);
  switch (implementation) {
    case "bmm":
    case "bsr":
      if (pattern.d === 1) return 0;
      return 2 * batch * (pattern.cols + pattern.rows) * bytes;
    case "kronecker-sparse":
    case "einsum":
    case "dense":
    case "csr":
      return 0;
  }
}

function total(patterns: readonly Pattern[], batch: number, dtype: FloatDtype): Cost {
  requireBatch(batch);
  const { bytes: size } = formatOf(dtype);
  const sum = (count: (pattern: Pattern) => number): number =>
    patterns.reduce((subtotal, pattern) => subtotal + count(pattern), 0);
  const nonZeros = sum((pattern) => pattern.nonZeros);
  const input = size * batch * sum((pattern) => pattern.cols);
  const output = size * batch * sum((pattern) => pattern.rows);
  const values = size * nonZeros;
  const flops = 2 * batch * nonZeros;
  const bytes = { input, output, values, total: input + output + values };
  return { flops, bytes, intensity: flops / bytes.total };
}
