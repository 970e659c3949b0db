import type { Placement } from "../matrix/placement.ts";
import { indices } from "../numeric/float-array.ts";

/** Inputs at the beginning of longer vectors, outputs from `start` on. */
export function positions(rows: number, cols: number, start = 0): Placement {
  return {
    input: indices(cols).map((_, j) => j),
    output: indices(rows).map((_, i) => start + i),
  };
}
