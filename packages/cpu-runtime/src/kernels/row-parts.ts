import { requireArray, requireOneOf, requireWhole } from "@papilio/butterfly/errors";
import type { Layout } from "./kernel-call.ts";
import { tileWidth } from "./layout.ts";

/** Numbers that the non-zeros of a part are multiplied with, about: some microseconds of work. */
const PART_NUMBERS = 32768;

/** What a row costs beside its non-zeros, in non-zeros. */
const ROW_COST = 4;

/**
 * Divides the rows of a sparse matrix into parts of about as many non-zeros: the first row of each, and at last the
 * number of rows. A row is in one part, however long it is.
 *
 * @param starts `[rows + 1]`, the first non-zero of each row
 * @param numbers that each non-zero is multiplied with: features of a graph's vectors, or vectors of a tile
 * @param layout of y: in tiles, parts are whole tiles of rows
 * @throws PapilioError `ARRAY_TYPE`, `OPTION_INVALID`
 */
export function rowParts(
  starts: Uint32Array,
  numbers: number,
  layout: Layout,
): Uint32Array<ArrayBuffer> {
  requireArray("The list of starts", starts, "Uint32Array");
  const rows = starts.length - 1;
  requireWhole("The number of rows", rows, 1);
  requireWhole("The number of numbers", numbers, 1);
  requireOneOf("The layout", layout, ["tiles", "rows"]);
  const step = layout === "tiles" ? tileWidth(rows) : 1;
  const most = Math.max(1, PART_NUMBERS / numbers);
  const costAt = (row: number): number => (starts[row] as number) + ROW_COST * row;
  const parts = [0];
  let first = 0;
  for (let row = step; row < rows; row += step) {
    // The next step would make the part too large.
    const next = Math.min(rows, row + step);
    if (costAt(next) - costAt(first) <= most) continue;
    parts.push(row);
    first = row;
  }
  return Uint32Array.of(...parts, rows);
}
