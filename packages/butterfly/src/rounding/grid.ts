import type { CodeGrid } from "../numeric/code-grids.ts";

/** The number of the grid that is nearest. */
export function nearest(x: number, grid: CodeGrid): number {
  return grid.numbers[grid.codeOf(x)] as number;
}

/** Where the largest magnitude is placed at first, over the largest number: below 1 it is clipped. */
const PLACES = [0.65, 0.75, 0.85, 0.95, 1.05];

/**
 * The scale, of those that the type has, with which `sum of weight * (value - scale * number)^2` over a group is smallest of
 * those that are tried: that of plain rounding, then the largest magnitude placed at several steps of either sign, and each
 * time the scale that is best for the numbers so found.
 *
 * @returns 0 of zeros alone
 */
export function searchScale(values: Float64Array, weights: Float64Array, grid: CodeGrid): number {
  let [largest, sum] = [0, 0];
  for (const value of values) {
    largest = Math.max(largest, Math.abs(value));
    sum += Math.abs(value);
  }
  if (largest === 0) return 0;
  const signs = grid.least === -grid.top ? [1] : [1, -1];
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  const attempt = (scale: number): void => {
    if (scale === 0 || !Number.isFinite(scale)) return;
    const error = errorOf(values, weights, scale, grid);
    if (error < least) [best, least] = [scale, error];
  };
  attempt(grid.scaleOf(largest, sum / values.length));
  for (const place of PLACES) {
    for (const sign of signs) {
      const scale = (sign * largest * place) / Math.max(grid.top, -grid.least);
      attempt(grid.scaleNear(fittedScale(values, weights, scale, grid)));
    }
  }
  return best;
}

function errorOf(
  values: Float64Array,
  weights: Float64Array,
  scale: number,
  grid: CodeGrid,
): number {
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
  grid: CodeGrid,
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
