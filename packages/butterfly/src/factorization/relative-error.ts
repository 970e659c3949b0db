import { requireSignal } from "../errors/argument-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import { balanceFactors, scaleProduct } from "../matrix/balance.ts";
import {
  type AnyButterfly,
  type PermutedButterfly,
  withPermutations,
} from "../matrix/permuted-butterfly.ts";
import { type Complex, isComplex } from "../numeric/complex.ts";
import type { FloatArray } from "../numeric/float-array.ts";
import { safeExponent, timesPowerOfTwo } from "../numeric/powers-of-two.ts";
import { arraysOf, mapParts, type Parts, partsOf, squaredNormOf, toDense } from "./parts.ts";
import { unpermute } from "./permuted.ts";
import { LocalSplitter } from "./splitter.ts";
import { squaredDistance, squaredError } from "./squared-error.ts";
import { onSupport, transposeDense, validateTarget } from "./target.ts";

/**
 * `|A - B| / |A|` in the Frobenius norm, in double precision: how near a butterfly is to a matrix, such as
 * one that was read from a file. 0 where both are zero. Takes about a multiplication for each value of the
 * dense matrix and each middle index of the chain's halves; for a chain that is not chainable, what the
 * dense form of the butterfly takes.
 *
 * @param dense `[rows, cols]` row-major, of the shape of the butterfly; both real or both complex
 * @throws PapilioError `DENSE_LENGTH`, `MATRIX_NOT_FINITE`, `COMPLEX_PARTS`, `OPTION_INVALID`; for a chain that
 *   is not chainable `DENSE_TOO_LARGE`; the signal's reason when it aborts
 *
 * @example
 * ```ts
 * const [[, stored]] = loadButterflies(bytes, "float64");
 * const error = await relativeError(weights, stored);
 * ```
 */
export async function relativeError(
  dense: FloatArray | Complex<FloatArray>,
  butterfly: AnyButterfly | PermutedButterfly<AnyButterfly>,
  signal?: AbortSignal,
): Promise<number> {
  const { matrix, left, right } = withPermutations(butterfly);
  requireSignal(signal);
  const { chain } = matrix;
  validateTarget(dense, chain);
  if (isComplex(dense) !== "conjugate" in matrix) {
    throw new PapilioError(
      "COMPLEX_PARTS",
      `The dense matrix is ${isComplex(dense) ? "complex" : "real"}, and the butterfly is not.`,
      "Pass two real matrices or two complex ones, such as ComplexButterfly.fromReal makes.",
    );
  }
  const given = partsOf(dense);
  const exponent = safeExponent(arraysOf(given));
  const scaled = mapParts(given, (part) => timesPowerOfTwo(part, exponent));
  const whole = unpermute(scaled, chain, left, right);
  const near = matrix.convert("float64");
  const same = exponent === 0 ? balanceFactors(near) : scaleProduct(near, exponent);
  const squaredNorm = squaredNormOf(whole);
  const squared = await squaredErrorOf(whole, same, signal);
  return squared === 0 ? 0 : Math.sqrt(squared / squaredNorm);
}

/** Of the whole matrix: where the product has no pattern, from its dense form. */
async function squaredErrorOf(
  whole: Parts,
  same: AnyButterfly,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { chain } = same;
  if (!chain.chainable) return squaredDistance(whole, partsOf(same.dense()));
  const turned = chain.transposed
    ? partsOf(transposeDense(toDense(whole), chain.rows, chain.cols))
    : whole;
  const straight = chain.transposed ? same.transpose() : same;
  const { values, off } = onSupport(turned, straight.chain.product());
  using splitter = new LocalSplitter(() => undefined, { signal });
  return off + (await squaredError(values, straight, splitter));
}
