import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import {
  diagonal,
  type Factor,
  forEachValue,
  type Gram,
  inputGram,
  leftGram,
  type Weighting,
} from "./surroundings.ts";

/**
 * Moves scales between neighbouring factors, the product as it was: each feature between two of them is multiplied on the
 * left and divided on the right by what makes its column there and its row here equally large, as the inputs and the
 * factors further left weigh them. A scale of a group then fits all its columns, and half precision all scales.
 *
 */
export function spreadScales(
  factors: readonly Factor[],
  cols: number,
  { moments, outputs }: Weighting,
): Factor[] {
  const spread = [...factors];
  for (let index = factors.length - 2; index >= 0; index--) {
    const [left, right] = [spread[index] as Factor, spread[index + 1] as Factor];
    const inputs = inputGram(spread.slice(index + 1), cols, moments) as Gram;
    const read = diagonal(inputs, inputs.size);
    const written = squaresOfColumns(left, leftGram(spread.slice(0, index), outputs));
    const scales = written.map((square, feature) => {
      const scale = ((read[feature] as number) / square) ** 0.25;
      return scale > 0 && Number.isFinite(scale) ? scale : 1;
    });
    const common = commonScale(left, right, scales);
    const onLeft = scales.map((scale) => scale * common);
    const onRight = onLeft.map((scale) => 1 / scale);
    spread[index] = scaleColumns(left, onLeft);
    spread[index + 1] = scaleColumns(right.transpose(), onRight).transpose();
  }
  return spread;
}

/**
 * A power of two that makes the largest values of both factors equally large when they are scaled so: what is large about
 * the inputs must not take the scales out of the range of half precision.
 */
function commonScale(left: Factor, right: Factor, scales: Float64Array): number {
  const onRight = scales.map((scale) => 1 / scale);
  const ratio =
    largestOf(scaleColumns(right.transpose(), onRight)) / largestOf(scaleColumns(left, scales));
  return ratio > 0 && Number.isFinite(ratio) ? 2 ** Math.round(Math.log2(ratio) / 2) : 1;
}

function largestOf({ values }: Factor): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** Sums of squares of the columns of a factor, each row weighted by the diagonal of `M`. */
function squaresOfColumns({ pattern, values }: Factor, outputs: Gram | undefined): Float64Array {
  const { rows, cols } = pattern;
  const weights = diagonal(outputs, rows);
  const squares = new Float64Array(cols);
  forEachValue(pattern, (at, row, col) => {
    squares[col] =
      (squares[col] as number) + (weights[row] as number) * (values[at] as number) ** 2;
  });
  return squares;
}

function scaleColumns({ pattern, values }: Factor, scales: Float64Array): Factor {
  const scaled = new Float64Array(values.length);
  forEachValue(pattern, (at, _row, col) => {
    scaled[at] = (values[at] as number) * (scales[col] as number);
  });
  return new KroneckerSparse(pattern, scaled);
}
