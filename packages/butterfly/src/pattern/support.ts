import { requireFunction, requireNumber, requireWhole } from "../errors/argument-checks.ts";
import { requirePattern } from "../errors/matrix-checks.ts";
import type { Pattern } from "./pattern.ts";

/**
 * Visits the support of a pattern in the order of the stored values `[a, b, c, d]`, with the row,
 * the column, and the index of the value that lies there.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function forEachNonZero(
  pattern: Pattern,
  visit: (row: number, column: number, index: number) => void,
): void {
  requirePattern("The pattern", pattern);
  requireFunction("What visits", visit);
  const { a, b, c, d } = pattern;
  let index = 0;
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      for (let l = 0; l < c; l++) {
        for (let k = 0; k < d; k++) visit((i * b + j) * d + k, (i * c + l) * d + k, index++);
      }
    }
  }
}

/**
 * Whether the matrix may be non-zero at this row and column: `I_a ⊗ 1_{b×c} ⊗ I_d` there.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function isSupported(pattern: Pattern, row: number, column: number): boolean {
  requirePattern("The pattern", pattern);
  requireNumber("The row", row);
  requireNumber("The column", column);
  return supports(pattern, row, column);
}

/** {@link isSupported} of what was checked: it is asked of every entry of a matrix. */
export function supports({ b, c, d }: Pattern, row: number, column: number): boolean {
  return Math.floor(row / (b * d)) === Math.floor(column / (c * d)) && row % d === column % d;
}

/** A matrix of cells, each of which stands for some rows and columns of another. */
export interface SupportPicture {
  readonly rows: number;
  readonly cols: number;
  /** Whether any value may be non-zero in what the cell stands for. */
  readonly filled: (row: number, column: number) => boolean;
}

/**
 * The support of a pattern of any size as a picture of at most `cells` rows and columns. No entry is
 * visited, and a cell takes the same time whatever the pattern.
 *
 * @throws PapilioError `OPTION_INVALID`
 *
 * @example
 * ```ts
 * const { rows, cols, filled } = supportPicture(Pattern.parse("4,64,64,4"), 32);
 * ```
 */
export function supportPicture(pattern: Pattern, cells: number): SupportPicture {
  requirePattern("The pattern", pattern);
  requireWhole("The number of cells", cells, 1);
  const { a, b, c, d, rows, cols } = pattern;
  const longest = Math.max(rows, cols);
  const most = Math.min(longest, cells);
  const across = Math.ceil((cols * most) / longest);
  const down = Math.ceil((rows * most) / longest);
  return {
    rows: down,
    cols: across,
    filled: (row, column) => {
      const [r0, r1] = [Math.floor((row * rows) / down), Math.ceil(((row + 1) * rows) / down)];
      const [c0, c1] = [
        Math.floor((column * cols) / across),
        Math.ceil(((column + 1) * cols) / across),
      ];
      // Of blocks along the diagonal, those that the cell's rows and its columns meet. One between the
      // first and the last of them lies within the cell as a whole.
      const first = Math.max(Math.floor(r0 / (b * d)), Math.floor(c0 / (c * d)));
      const last = Math.min(Math.ceil(r1 / (b * d)), Math.ceil(c1 / (c * d)), a) - 1;
      if (last - first >= 2) return true;
      for (let i = first; i <= last; i++) {
        const columns = [Math.max(c0, i * c * d), Math.min(c1, (i + 1) * c * d)] as const;
        const lines = [Math.max(r0, i * b * d), Math.min(r1, (i + 1) * b * d)] as const;
        if (
          lines[0] < lines[1] &&
          columns[0] < columns[1] &&
          residuesIntersect(lines, columns, d)
        ) {
          return true;
        }
      }
      return false;
    },
  };
}

/** Whether a number of one range and one of the other leave the same remainder by `d`. */
function residuesIntersect(
  [from, to]: readonly [number, number],
  [start, end]: readonly [number, number],
  d: number,
): boolean {
  if (to - from >= d || end - start >= d) return true;
  // The second range moved by multiples of d overlaps the first one.
  const shift = d * Math.floor((from - start) / d);
  return [shift, shift + d].some((move) => start + move < to && end + move > from);
}
