import type { Pattern } from "./pattern.ts";

/**
 * Visits the support of a pattern in the order of the stored values `[a, b, c, d]`, with the row,
 * the column, and the index of the value that lies there.
 */
export function forEachNonZero(
  { a, b, c, d }: Pattern,
  visit: (row: number, column: number, index: number) => void,
): void {
  let index = 0;
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      for (let l = 0; l < c; l++) {
        for (let k = 0; k < d; k++) visit((i * b + j) * d + k, (i * c + l) * d + k, index++);
      }
    }
  }
}

/** Whether the matrix may be non-zero at this row and column: `I_a ⊗ 1_{b×c} ⊗ I_d` there. */
export function isSupported({ b, c, d }: Pattern, row: number, column: number): boolean {
  return Math.floor(row / (b * d)) === Math.floor(column / (c * d)) && row % d === column % d;
}
