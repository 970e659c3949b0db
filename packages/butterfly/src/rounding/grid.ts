import { CODE_GRIDS, type FewBits } from "../numeric/few-bits.ts";
import { fromHalf, toHalf } from "../numeric/half-precision.ts";

/** The whole numbers that codes of a type stand for: `least`, `least + step`, ..., `most`. */
export interface Grid {
  readonly step: 1 | 2;
  readonly least: number;
  readonly most: number;
}

/** All numbers of a type. Plain rounding leaves the least one of `q8` and `q4` unused, so that a sign costs nothing. */
export function gridOf(dtype: FewBits): Grid {
  const { step, offset, bits } = CODE_GRIDS[dtype];
  return { step, least: -offset, most: step * (2 ** bits - 1) - offset };
}

/** The number of the grid that is nearest. */
export function nearest(x: number, { step, least, most }: Grid): number {
  const number = step === 1 ? Math.round(x) : 2 * Math.floor(x / 2) + 1;
  return number < least ? least : number > most ? most : number;
}

/** Where the largest magnitude is placed at first, over the largest number: below 1 it is clipped. */
const PLACES = [0.65, 0.75, 0.85, 0.95, 1.05];

/**
 * The scale, in half precision, with which `sum of weight * (value - scale * number)^2` over a group is smallest of
 * those that are tried: the largest magnitude placed at several steps of either sign, and each time the scale that is best
 * for the numbers so found.
 *
 * @returns 0 of zeros alone
 */
export function searchScale(values: Float64Array, weights: Float64Array, grid: Grid): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  if (largest === 0) return 0;
  const signs = grid.least === -grid.most ? [1] : [1, -1];
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  const attempt = (scale: number): void => {
    if (scale === 0 || !Number.isFinite(scale)) return;
    const error = errorOf(values, weights, scale, grid);
    if (error < least) [best, least] = [scale, error];
  };
  attempt(inHalf(largest / grid.most));
  for (const place of PLACES) {
    for (const sign of signs) {
      const scale = (sign * largest * place) / Math.max(grid.most, -grid.least);
      attempt(inHalf(fittedScale(values, weights, scale, grid)));
    }
  }
  return best;
}

/** The nearest number of half precision; the smallest one of what would be zero. */
export function inHalf(scale: number): number {
  const half = fromHalf(toHalf(scale));
  return half === 0 && scale !== 0 ? Math.sign(scale) * 2 ** -24 : half;
}

function errorOf(values: Float64Array, weights: Float64Array, scale: number, grid: Grid): number {
  let error = 0;
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as number;
    error += (weights[at] as number) * (value - scale * nearest(value / scale, grid)) ** 2;
  }
  return error;
}

/** The scale that is best by least squares for the numbers that another one rounds to. */
function fittedScale(
  values: Float64Array,
  weights: Float64Array,
  scale: number,
  grid: Grid,
): number {
  let [along, squares] = [0, 0];
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as number;
    const number = nearest(value / scale, grid);
    along += (weights[at] as number) * value * number;
    squares += (weights[at] as number) * number * number;
  }
  return squares === 0 ? 0 : along / squares;
}
