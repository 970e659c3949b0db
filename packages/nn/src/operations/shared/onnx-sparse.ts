import type { SparseMatrix } from "../../adjacency/sparse-matrix.ts";
import { LOWEST, type OnnxBuilder, type OnnxValue } from "../onnx-builder.ts";

/*
 * Sparse matrices as lists of their non-zeros: what is in the columns is gathered, and brought to the
 * rows by ScatterElements with a reduction. (ScatterND would take shorter indices, but ONNX Runtime
 * adds to equal ones from several threads without a lock:
 * https://github.com/microsoft/onnxruntime/issues/18048.)
 */

/** For each non-zero, the vector of its column times its value. `[non-zeros, features]`. */
export function messages(x: OnnxValue, adjacency: SparseMatrix, to: OnnxBuilder): OnnxValue {
  const gathered = to.gather(x, columnsOf(adjacency, to), 0);
  const { values, nonZeros } = adjacency;
  if (values === undefined) return gathered;
  const weights = to.once(values, "", () => to.floats("values", [nonZeros, 1], () => values));
  return to.each("Mul", gathered, weights);
}

/** Sums or maxima of what is at the non-zeros of each row; zeros where there is none. `[rows, features]`. */
export function toRows(
  edges: OnnxValue,
  adjacency: SparseMatrix,
  reduction: "add" | "max",
  to: OnnxBuilder,
): OnnxValue {
  const [nonZeros = 0, features = 0] = edges.shape;
  const shape = [adjacency.rows, features];
  const expand = (tensor: OnnxValue, wider: readonly number[]): OnnxValue =>
    to.node("Expand", [tensor, to.integers(wider)], wider);
  const start = to.once(adjacency, `start ${reduction} ${features}`, () =>
    expand(reduction === "add" ? to.scalar(0) : lowestOf(adjacency, to), shape),
  );
  const rows = to.once(adjacency, `rows ${features}`, () =>
    expand(to.reshape(rowsOf(adjacency, to), [nonZeros, 1]), edges.shape),
  );
  return to.node("ScatterElements", [start, rows, edges], shape, { axis: 0, reduction });
}

/** What the maximum of each row starts from. `[rows, 1]`. */
function lowestOf(adjacency: SparseMatrix, to: OnnxBuilder): OnnxValue {
  return to.floats("lowest", [adjacency.rows, 1], () =>
    Float32Array.from({ length: adjacency.rows }, (_, row) =>
      degreeOf(adjacency, row) > 0 ? LOWEST : 0,
    ),
  );
}

export function degreeOf({ starts }: SparseMatrix, row: number): number {
  return (starts[row + 1] as number) - (starts[row] as number);
}

export function columnsOf(adjacency: SparseMatrix, to: OnnxBuilder): OnnxValue {
  return to.once(adjacency, "columns", () => to.integers(adjacency.columns));
}

/** Row of each non-zero. */
export function rowsOf(adjacency: SparseMatrix, to: OnnxBuilder): OnnxValue {
  return to.once(adjacency, "rows", () => {
    const rows = new Uint32Array(adjacency.nonZeros);
    for (let row = 0; row < adjacency.rows; row++) {
      rows.fill(row, adjacency.starts[row], adjacency.starts[row + 1]);
    }
    return to.integers(rows);
  });
}
