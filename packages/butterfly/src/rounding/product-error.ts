import { TimeSlicer } from "../threads/time-slicer.ts";
import {
  apply,
  applyGram,
  type Factor,
  type Gram,
  unitVectors,
  type Weighting,
} from "./surroundings.ts";

/** Columns of a product that are held at once. */
const COLUMNS = 128;

/**
 * `sqrt(tr(M (W - B) H (W - B)^T) / tr(M W H W^T))`: the relative error of what a product computes of inputs with the
 * second moments `H`, weighted by `M`, in the Frobenius norm where both are the identity. 0 of zeros.
 */
export async function productError(
  exact: readonly Factor[],
  near: readonly Factor[],
  cols: number,
  { moments, outputs }: Weighting,
  signal: AbortSignal | undefined,
): Promise<number> {
  const slicer = new TimeSlicer(signal);
  let [error, whole] = [0, 0];
  if (exact.length === 1 && moments === undefined && outputs === undefined) {
    // Every value is an entry of the matrix, or as many entries as the others.
    const [[{ values }], [{ values: rounded }]] = [exact, near] as [[Factor], [Factor]];
    for (let at = 0; at < values.length; at++) {
      error += ((values[at] as number) - (rounded[at] as number)) ** 2;
      whole += (values[at] as number) ** 2;
    }
    return error > 0 ? Math.sqrt(error / whole) : 0;
  }
  for (let first = 0; first < cols; first += COLUMNS) {
    await slicer.yieldIfDue();
    const size = Math.min(COLUMNS, cols - first);
    const units = unitVectors(cols, first, size);
    const [w, b] = [apply(exact, units, size), apply(near, units, size)];
    const vectors = moments === undefined ? units : columnsOf(moments, first, size);
    const wh = moments === undefined ? w : apply(exact, vectors, size);
    const bh = moments === undefined ? b : apply(near, vectors, size);
    const lost = w.map((value, at) => value - (b[at] as number));
    const [weightedLost, weighted] = [lost, w].map((values) =>
      outputs === undefined ? values : applyGram(outputs, values, size),
    ) as [Float64Array, Float64Array];
    for (let at = 0; at < w.length; at++) {
      error += (weightedLost[at] as number) * ((wh[at] as number) - (bh[at] as number));
      whole += (weighted[at] as number) * (wh[at] as number);
    }
  }
  return error > 0 ? Math.sqrt(error / whole) : 0;
}

function columnsOf({ values, size }: Gram, first: number, count: number): Float64Array {
  const columns = new Float64Array(size * count);
  for (let row = 0; row < size; row++) {
    const from = row * size + first;
    columns.set(values.subarray(from, from + count), row * count);
  }
  return columns;
}
