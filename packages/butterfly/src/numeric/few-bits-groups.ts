import { requireList, requireOneOf, requireWhole } from "../errors/argument-checks.ts";

/** Values that share a scale. */
export const GROUP = 32;
/** Rows of fewer values share their scale with neighbours. */
export const SHORT_ROW = 16;

/** The sizes of values `[a, b, c, d]`, or of a group of them. */
export type Sizes = readonly [a: number, b: number, c: number, d: number];

/**
 * Along each axis, how many neighbours share a scale: 32 along a row of a block, which is along `c`. Where rows are
 * shorter than 16, so that scales would outweigh weights, also rows of a block, then blocks along `d`, then along `a`.
 *
 * @param shape of the stored values: a dense matrix is `[1, rows, cols, 1]`
 * @throws PapilioError `OPTION_INVALID`
 */
export function groupOf(shape: Sizes): Sizes {
  requireSizes(shape);
  const [a, b, c, d] = shape;
  if (c >= SHORT_ROW) return [1, 1, Math.min(GROUP, c), 1];
  const rows = Math.min(b, Math.floor(GROUP / c));
  const along = Math.min(d, Math.floor(GROUP / (c * rows)));
  return [Math.min(a, Math.floor(GROUP / (c * rows * along))), rows, c, along];
}

/** Groups of values of this shape. */
export function groupsOf(shape: Sizes, group: Sizes): number {
  return shape.reduce((count, size, axis) => count * Math.ceil(size / (group[axis] as number)), 1);
}

/** Calls `each` with the number of each group and what visits the places of its values in their order. */
export function forEachGroup(
  [a, b, c, d]: Sizes,
  [ga, gb, gc, gd]: Sizes,
  each: (index: number, visit: (place: (at: number) => void) => void) => void,
): void {
  let [i, j, l, k] = [0, 0, 0, 0];
  const visit = (place: (at: number) => void): void => {
    const [endI, endJ] = [Math.min(a, i + ga), Math.min(b, j + gb)];
    const [endL, endK] = [Math.min(c, l + gc), Math.min(d, k + gd)];
    for (let p = i; p < endI; p++) {
      for (let q = j; q < endJ; q++) {
        for (let r = l; r < endL; r++) {
          const row = ((p * b + q) * c + r) * d;
          for (let at = row + k; at < row + endK; at++) place(at);
        }
      }
    }
  };
  let index = 0;
  for (i = 0; i < a; i += ga) {
    for (j = 0; j < b; j += gb) {
      for (l = 0; l < c; l += gc) {
        for (k = 0; k < d; k += gd) each(index++, visit);
      }
    }
  }
}

/** @throws PapilioError `OPTION_INVALID` */
export function requireSizes(shape: Sizes): void {
  requireList("The shape", shape);
  requireOneOf("The number of sizes of the shape", shape.length, [4]);
  for (const size of shape) requireWhole("A size of the shape", size, 1);
}
