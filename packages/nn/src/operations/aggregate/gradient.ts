import type { SparseMatrix } from "../../adjacency/sparse-matrix.ts";
import { transposed } from "../../adjacency/transposed.ts";
import type { Value } from "../../graph/value.ts";
import { aggregateLargest } from "../aggregate-largest/operation.ts";
import type { GradientContext } from "../gradient-context.ts";
import { type AggregateOperation, aggregate } from "./operation.ts";

/** Messages in the other direction; of the largest to the neighbour that sent it. */
export function gradientOfAggregate(
  { x, adjacency, reduce, path }: AggregateOperation,
  dy: Value,
  to: GradientContext,
): void {
  if (!to.needs(x)) return;
  if (reduce === "max") {
    to.add(x, aggregateLargest(x, dy, adjacency, path));
    return;
  }
  const weighted = reduce === "mean" ? averaging(adjacency) : adjacency;
  to.add(x, aggregate(dy, transposed(weighted).matrix, { path }));
}

const known = new WeakMap<SparseMatrix, SparseMatrix>();

/** The matrix by which a mean is a sum; once for each, so that graphs share it. */
function averaging(adjacency: SparseMatrix): SparseMatrix {
  const found = known.get(adjacency);
  if (found !== undefined) return found;
  const { rows, starts, values } = adjacency;
  const shares = new Float64Array(adjacency.nonZeros);
  for (let row = 0; row < rows; row++) {
    const [start, end] = [starts[row] as number, starts[row + 1] as number];
    for (let entry = start; entry < end; entry++) {
      shares[entry] = (values?.[entry] ?? 1) / (end - start);
    }
  }
  const made = adjacency.withValues(shares);
  known.set(adjacency, made);
  return made;
}
