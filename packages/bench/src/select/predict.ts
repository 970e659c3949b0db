import { cost, type FloatDtype, type Pattern } from "@papilio/butterfly";
import { requireText } from "@papilio/butterfly/errors";
import { formatOf } from "@papilio/butterfly/numeric";
import { type ImplementationName, rewritingBytes } from "@papilio/butterfly/pattern";
import * as v from "valibot";
import {
  anyNumber,
  dtype as dtypeShape,
  having,
  rates as ratesShape,
  requireShape,
} from "../arguments/checks.ts";
import type { Case } from "../cases/case.ts";
import { implementations } from "../implementations/registry.ts";
import { wholePattern } from "../implementations/whole-product.ts";
import type { Rates } from "../results/results.ts";

/** What an implementation must do for one factor, whatever the adapter. */
export interface Work {
  /** Bytes that must move, those of memory rewriting included. */
  readonly bytes: number;
  /** FLOPs that take as long as all its arithmetic instructions and loads. */
  readonly flops: number;
  readonly dispatches: number;
}

/**
 * Instructions for each multiply-add. Register blocking makes it about one; a contraction without
 * tiling loads a value and an input first, and compressed rows load an index as well.
 */
const INSTRUCTIONS: Readonly<Record<ImplementationName, number>> = {
  "kronecker-sparse": 1,
  bmm: 1,
  bsr: 1,
  dense: 1,
  einsum: 3,
  csr: 4,
};

const INDEX_BYTES = 4;

/** Whether the cost model tells an implementation from the others. */
export function isModelled(implementation: string): implementation is ImplementationName {
  return Object.hasOwn(INSTRUCTIONS, implementation);
}

/**
 * What an implementation does for one factor. One that the cost model does not know is taken for
 * the least that any of them does.
 *
 * @throws PapilioError `BATCH_INVALID`
 */
export function workOf(
  implementation: string,
  pattern: Pattern,
  batch: number,
  dtype: FloatDtype,
): Work {
  const { flops, bytes } = cost(pattern, batch, dtype);
  if (!isModelled(implementation)) return { bytes: bytes.total, flops, dispatches: 1 };
  const rewritten = rewritingBytes(implementation, pattern, batch, dtype);
  const { bytes: size } = formatOf(dtype);
  // With the zeros, every block is the whole matrix.
  const values = implementation === "dense" ? pattern.rows * pattern.cols : pattern.nonZeros;
  const indices = implementation === "csr" ? INDEX_BYTES * pattern.nonZeros : 0;
  return {
    bytes: bytes.input + bytes.output + size * values + indices + rewritten,
    flops: 2 * batch * values * INSTRUCTIONS[implementation],
    // A gather before and a scatter after.
    dispatches: rewritten > 0 ? 3 : 1,
  };
}

/** The factors that an implementation multiplies by: the chain's, or their product alone. */
export function factorsOf(
  implementation: string,
  { chain }: Pick<Case, "chain">,
): readonly Pattern[] {
  const known = implementations.find(({ name }) => name === implementation);
  return known?.arithmetic === "product" ? [wholePattern(chain)] : chain.patterns;
}

/** Seconds for one factor by the roofline: the slower of memory and arithmetic, and dispatches. */
export function secondsOf({ bytes, flops, dispatches }: Work, rates: Rates): number {
  const busy = Math.max(bytes / rates.copyBytesPerSecond, flops / rates.flopsPerSecond);
  return busy + dispatches * rates.dispatchSeconds;
}

const itemShape = v.object({
  chain: having("a Chain", "patterns", "product"),
  batch: anyNumber,
  dtype: dtypeShape,
});

/**
 * Predicts an implementation's time from the cost model: for each factor the slower of memory and
 * arithmetic at the adapter's rates, and its dispatches. The model knows no layout, and not how far
 * an implementation stays behind the rates: it is a lower bound, good for comparing.
 *
 * @returns seconds for one run
 * @throws PapilioError `BATCH_INVALID`; `PATTERN_INVALID` when the product of a chain is needed and
 * has 2^53 values or more
 *
 * @example
 * ```ts
 * const item = { chain: Chain.parse("4,64,64,4"), batch: 128, dtype: "f32" } as const;
 * predictSeconds("bmm", item, await measureRates(gpu));
 * ```
 */
export function predictSeconds(
  implementation: string,
  item: Omit<Case, "layout">,
  rates: Rates,
): number {
  requireText("The name of an implementation", implementation);
  requireShape("The case", item, itemShape);
  requireShape("The rates", rates, ratesShape);
  return factorsOf(implementation, item).reduce(
    (sum, pattern) =>
      sum + secondsOf(workOf(implementation, pattern, item.batch, item.dtype), rates),
    0,
  );
}
