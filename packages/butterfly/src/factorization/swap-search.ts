import { describeValue } from "../errors/describe-value.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import type { FloatArray } from "../numeric/float-array.ts";
import { uniform } from "../numeric/random.ts";
import type { Chain } from "../pattern/chain.ts";
import { TimeSlicer } from "../threads/time-slicer.ts";
import { splitAt } from "./hierarchical.ts";
import type { Parts } from "./parts.ts";
import { droppedOfClass } from "./split.ts";
import type { Split } from "./split-task.ts";

export interface SwapSearchOptions {
  /** Exchanges of two rows or of two columns that are tried. */
  readonly trials: number;
  /** A whole number from 0 to 2^32 - 1. */
  readonly seed: number;
  readonly signal: AbortSignal | undefined;
}

/** The order that a search leaves rows and columns in: position `p` has what was at `order[p]`. */
export interface RowAndColumnOrders {
  readonly rows: Uint32Array;
  readonly columns: Uint32Array;
}

/**
 * Looks for an order of the rows and the columns in which the middle split of a chain drops less: random
 * exchanges of two, kept where they help. It goes downhill from where it starts, so it improves matrices
 * that are no butterflies in any order; it does not find an order that is hidden exactly.
 *
 * A trial takes the eigenvalues of the blocks of two groups of rows or of columns.
 *
 * @param values of the dense product of the chain; reordered in place
 * @throws PapilioError `SEARCH_LIMIT` unless the number of trials is whole and at least 0 and the product
 *   is dense; `SEED_INVALID`
 */
export async function searchSwaps(
  values: Parts,
  chain: Chain,
  { trials, seed, signal }: SwapSearchOptions,
): Promise<RowAndColumnOrders> {
  const { rows, cols, length } = chain;
  if (!Number.isSafeInteger(trials) || trials < 0 || chain.product().blocks > 1) {
    throw new PapilioError(
      "SEARCH_LIMIT",
      `There cannot be ${describeValue(trials)} trials for the chain ${chain}.`,
      "Give a whole number of trials, and a chain whose product is dense.",
    );
  }
  const orders = {
    rows: Uint32Array.from({ length: rows }, (_, row) => row),
    columns: Uint32Array.from({ length: cols }, (_, column) => column),
  };
  if (length === 1) return orders;
  const split = splitAt(chain, 0, Math.ceil(length / 2), length);
  const dropped = Float64Array.from({ length: split.classes }, (_, index) =>
    droppedOfClass(values, split, index, split.rank),
  );
  const next = uniform(seed);
  const draw = (count: number): number => Math.floor(((next() + 1) / 2) * count);
  const slicer = new TimeSlicer(signal);
  for (let trial = 0; trial < trials; trial++) {
    await slicer.yieldIfDue();
    const axis = next() < 0 ? "rows" : "columns";
    const [p, q] = axis === "rows" ? [draw(rows), draw(rows)] : [draw(cols), draw(cols)];
    const classes = classesOf(split, axis, p, q);
    if (classes.length === 0) continue;
    exchange(values, chain, axis, p, q);
    const changed = classes.map((index) => droppedOfClass(values, split, index, split.rank));
    const gain = classes.reduce(
      (sum, index, place) => sum + (dropped[index] as number) - (changed[place] as number),
      0,
    );
    if (!(gain > 0)) {
      exchange(values, chain, axis, p, q);
      continue;
    }
    classes.forEach((index, place) => {
      dropped[index] = changed[place] as number;
    });
    const order = orders[axis];
    [order[p], order[q]] = [order[q] as number, order[p] as number];
  }
  return orders;
}

/**
 * The classes whose blocks change when two rows or two columns change places: those of both groups, none
 * within a group.
 */
function classesOf(
  { left, right, classes }: Split,
  axis: "rows" | "columns",
  p: number,
  q: number,
): number[] {
  const groupOf = (position: number): number =>
    axis === "rows" ? position % left.d : Math.floor(position / right.c);
  const groups = [groupOf(p), groupOf(q)];
  if (groups[0] === groups[1]) return [];
  return groups.flatMap((group) =>
    axis === "rows"
      ? Array.from({ length: classes / left.d }, (_, index) => index * left.d + group)
      : Array.from({ length: left.d }, (_, index) => group * left.d + index),
  );
}

function exchange(
  { re, im }: Parts,
  { rows, cols }: Chain,
  axis: "rows" | "columns",
  p: number,
  q: number,
): void {
  for (const part of im === undefined ? [re] : [re, im]) {
    if (axis === "rows") {
      for (let column = 0; column < cols; column++)
        swap(part, p * cols + column, q * cols + column);
    } else {
      for (let row = 0; row < rows; row++) swap(part, row * cols + p, row * cols + q);
    }
  }
}

function swap(values: FloatArray, p: number, q: number): void {
  [values[p], values[q]] = [values[q] as number, values[p] as number];
}
