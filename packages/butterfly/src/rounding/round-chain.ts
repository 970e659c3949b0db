import type { FewBits } from "../numeric/code-grids.ts";
import type { QuantizedValues } from "../numeric/few-bits.ts";
import type { TimeSlicer } from "../threads/time-slicer.ts";
import { Descent } from "./descend.ts";
import { RowDescent } from "./descend-rows.ts";
import { ErrorFeedback } from "./error-feedback.ts";
import { refit } from "./refit.ts";
import { RoundedFactor } from "./rounded-factor.ts";
import { spreadScales } from "./spread-scales.ts";
import {
  apply,
  crossMoments,
  type Factor,
  forEachValue,
  type Gram,
  identity,
  inputGram,
  leftGram,
  onSupport,
  product,
  transposed,
  transposedFactors,
  type Weighting,
  weightsOf,
} from "./surroundings.ts";

/** Rounds of descent over all factors. */
const ROUNDS = 3;

/**
 * Rounds the factors of a chain together: the right-most first, each next one for what the rounded ones on its right make
 * of the inputs; then all of them by descent.
 */
export async function roundChain(
  exact: readonly Factor[],
  dtype: FewBits,
  { moments, outputs }: Weighting,
  slicer: TimeSlicer,
): Promise<QuantizedValues[]> {
  const { cols } = (exact.at(-1) as Factor).pattern;
  const start = spreadScales(exact, cols, { moments, outputs });
  const rounded: RoundedFactor[] = [];
  const near = [...start];
  for (const [index, factor] of [...start.entries()].reverse()) {
    await slicer.yieldIfDue();
    const right = near.slice(index + 1);
    const cross = crossMoments(right, cols, moments);
    const inputs = inputGram(right, cols, moments, cross);
    const written = leftGram(start.slice(0, index), outputs);
    const target =
      right.length === 0
        ? factor
        : refit(factor, apply(start.slice(index + 1), cross, factor.pattern.cols), inputs as Gram);
    const weights = weightsOf(factor, inputs, written);
    const own = new RoundedFactor(factor.pattern, dtype, target.values, weights);
    await new ErrorFeedback(inputs, written).round(own, target.values, slicer);
    rounded[index] = own;
    near[index] = own.factor();
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, own] of [...rounded.entries()].reverse()) {
      await slicer.yieldIfDue();
      await descentOf(own, index, { exact, near, cols, moments, outputs }).run(slicer);
      near[index] = own.factor();
    }
  }
  return rounded.map((own) => own.quantized());
}

interface Product extends Weighting {
  readonly exact: readonly Factor[];
  readonly near: readonly Factor[];
  readonly cols: number;
}

/** The descent of a factor within the product: its slope is `A^T M (W - B) H R^T`. */
function descentOf(own: RoundedFactor, index: number, whole: Product): Descent | RowDescent {
  const { near, cols, moments, outputs } = whole;
  const [left, right] = [near.slice(0, index), near.slice(index + 1)];
  const size = own.pattern.cols;
  const cross = moments === undefined ? undefined : crossMoments(right, cols, moments);
  const missing = cross === undefined ? missingAlone(whole, right) : missingOf(whole, cross, size);
  const factor = near[index] as Factor;
  const slope =
    outputs === undefined
      ? onSupport(factor, apply(transposedFactors(left), missing, size))
      : weightedSlope(factor, left, outputs, transposed(missing, size));
  const inputs = inputGram(right, cols, moments, cross);
  const written = leftGram(left, outputs);
  if (outputs === undefined || written === undefined) {
    return new Descent(own, slope, inputs, written);
  }
  return new RowDescent(own, slope, inputs ?? identity(size), written);
}

/**
 * `A^T M (W - B) H R^T` on the support of a factor alone, which is little of it.
 *
 * @param missing the transpose of `(W - B) H R^T`
 */
function weightedSlope(
  factor: Factor,
  left: readonly Factor[],
  outputs: Gram,
  missing: Float64Array,
): Float64Array {
  const { size } = outputs;
  const weights = apply(transposedFactors(left), outputs.values, size);
  const slope = new Float64Array(factor.values.length);
  forEachValue(factor.pattern, (at, row, col) => {
    let [sum, from, other] = [0, row * size, col * size];
    for (const end = from + size; from < end; from++, other++) {
      sum += (weights[from] as number) * (missing[other] as number);
    }
    slope[at] = sum;
  });
  return slope;
}

/** `(W - B) H R^T`. */
function missingOf(
  { exact, near }: Pick<Product, "exact" | "near">,
  cross: Float64Array,
  size: number,
): Float64Array {
  return difference(apply(exact, cross, size), apply(near, cross, size));
}

/** `(W - B) R^T`: the transpose of `R (W - B)^T`. */
function missingAlone({ exact, near, cols }: Product, right: readonly Factor[]): Float64Array {
  const [w, b] = [product(exact), product(near)];
  if (w === undefined || b === undefined) {
    const cross = crossMoments(right, cols, undefined);
    return missingOf({ exact, near }, cross, cross.length / cols);
  }
  const lost = w.map((values) => difference(values, b.values)).dense();
  if (right.length === 0) return lost;
  const { rows } = w.pattern;
  return transposed(apply(right, transposed(lost, cols), rows), rows);
}

function difference(values: Float64Array, others: Float64Array): Float64Array {
  return values.map((value, at) => value - (others[at] as number));
}
