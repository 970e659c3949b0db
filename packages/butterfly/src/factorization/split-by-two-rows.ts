import type { Dropped } from "../linear-algebra/dropped.ts";
import { TwoRows } from "../linear-algebra/two-rows.ts";
import {
  blockPlace,
  leftPlace,
  putAdjoint,
  putBlock,
  rightPlace,
  takeAdjoint,
  takeBlock,
} from "./class-blocks.ts";
import type { Parts } from "./parts.ts";
import type { Split, SplitTask } from "./split-task.ts";

/** What truncates the blocks of a split; undefined unless they have two rows or columns and rank one. */
export function twoRowsOf({ im }: Parts, { left, right, rank }: Split): TwoRows | undefined {
  if (rank !== 1 || Math.min(left.b, right.c) !== 2) return undefined;
  return new TwoRows(Math.max(left.b, right.c), im !== undefined);
}

/** Splits one class; undefined where the closed form does not apply. */
export function splitByTwoRows(
  twoRows: TwoRows,
  { product, split, side, to }: SplitTask,
  index: number,
): Dropped | undefined {
  const place = blockPlace(split, index);
  const wide = place.rows <= place.cols;
  if (wide) takeBlock(product, place, twoRows.matrix);
  else takeAdjoint(product, place, twoRows.matrix);
  const dropped = twoRows.truncate();
  if (dropped === undefined || to === undefined) return dropped;
  // The row is the right factor of a wide block, and the adjoint of the left factor of a tall one.
  if (wide === (side === "right")) twoRows.moveNormToColumn();
  const { column, row } = twoRows;
  if (wide) {
    putBlock(to.left, leftPlace(split, index), column);
    putBlock(to.right, rightPlace(split, index), row);
  } else {
    putAdjoint(to.left, leftPlace(split, index), row);
    putAdjoint(to.right, rightPlace(split, index), column);
  }
  return dropped;
}
