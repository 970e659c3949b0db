import type { SparseMatrix } from "../../adjacency/sparse-matrix.ts";
import type {
  AggregateOperation,
  EdgeAttentionOperation,
  SparseLinearOperation,
} from "../../graph/operation.ts";
import { atLeastOne } from "./export-sequence.ts";
import { LOWEST, type OnnxBuilder, type Tensor } from "./onnx-builder.ts";

/*
 * Sparse matrices as lists of their non-zeros: what is in the columns is gathered, and brought to the
 * rows by ScatterElements with a reduction. (ScatterND would take shorter indices, but ONNX Runtime
 * adds to equal ones from several threads without a lock:
 * https://github.com/microsoft/onnxruntime/issues/18048.)
 */

export function aggregate({ x, graph, reduce }: AggregateOperation, to: OnnxBuilder): Tensor {
  const sent = messages(to.of(x), graph, to);
  if (reduce === "max") return to.largest(sent, (of) => toRows(of, graph, "max", to));
  const reduced = toRows(sent, graph, "add", to);
  if (reduce === "sum") return reduced;
  const degrees = to.once(graph, "degrees", () =>
    atLeastOne(
      to.integers(
        Uint32Array.from({ length: graph.rows }, (_, row) => degreeOf(graph, row)),
        [graph.rows, 1],
      ),
      to,
    ),
  );
  return to.each("Div", reduced, degrees);
}

export function sparseLinear({ x, matrix }: SparseLinearOperation, to: OnnxBuilder): Tensor {
  const { rows, cols } = matrix;
  const columns = to.arrange(to.of(x), [x.vectors, cols], [1, 0], [cols, x.vectors]);
  const sums = toRows(messages(columns, matrix, to), matrix, "add", to);
  return to.arrange(sums, [rows, x.vectors], [1, 0], [x.vectors, rows]);
}

export function edgeAttention(operation: EdgeAttentionOperation, to: OnnxBuilder): Tensor {
  const { x, sources, targets, graph, heads, negativeSlope } = operation;
  const rows = rowsOf(graph, to);
  const atEdges = (perRow: Tensor): Tensor => to.gather(perRow, rows, 0);
  const columns = columnsOf(graph, to);
  const sums = to.each("Add", to.gather(to.of(sources), columns, 0), atEdges(to.of(targets)));
  const scores = to.node("LeakyRelu", [sums], sums.shape, { alpha: { float: negativeSlope } });
  const most = atEdges(toRows(scores, graph, "max", to));
  const shifted = to.each("Sub", scores, most);
  const weights = to.node("Exp", [shifted], shifted.shape);
  const totals = atEdges(toRows(weights, graph, "add", to));
  const shares = to.reshape(to.each("Div", weights, totals), [graph.nonZeros, heads, 1]);
  const vectors = to.gather(to.of(x), columns, 0);
  const split = to.reshape(vectors, [graph.nonZeros, heads, x.features / heads]);
  const weighted = to.reshape(to.each("Mul", split, shares), [graph.nonZeros, x.features]);
  return toRows(weighted, graph, "add", to);
}

/** For each non-zero, the vector of its column times its value. `[non-zeros, features]`. */
function messages(x: Tensor, graph: SparseMatrix, to: OnnxBuilder): Tensor {
  const gathered = to.gather(x, columnsOf(graph, to), 0);
  const { values, nonZeros } = graph;
  if (values === undefined) return gathered;
  const weights = to.once(values, "", () => to.floats("values", [nonZeros, 1], () => values));
  return to.each("Mul", gathered, weights);
}

/** Sums or maxima of what is at the non-zeros of each row; zeros where there is none. `[rows, features]`. */
function toRows(
  edges: Tensor,
  graph: SparseMatrix,
  reduction: "add" | "max",
  to: OnnxBuilder,
): Tensor {
  const [nonZeros = 0, features = 0] = edges.shape;
  const shape = [graph.rows, features];
  const expand = (tensor: Tensor, wider: readonly number[]): Tensor =>
    to.node("Expand", [tensor, to.integers(wider)], wider);
  const start = to.once(graph, `start ${reduction} ${features}`, () =>
    expand(reduction === "add" ? to.scalar(0) : lowestOf(graph, to), shape),
  );
  const rows = to.once(graph, `rows ${features}`, () =>
    expand(to.reshape(rowsOf(graph, to), [nonZeros, 1]), edges.shape),
  );
  return to.node("ScatterElements", [start, rows, edges], shape, { axis: 0, reduction });
}

/** What the maximum of each row starts from. `[rows, 1]`. */
function lowestOf(graph: SparseMatrix, to: OnnxBuilder): Tensor {
  return to.floats("lowest", [graph.rows, 1], () =>
    Float32Array.from({ length: graph.rows }, (_, row) => (degreeOf(graph, row) > 0 ? LOWEST : 0)),
  );
}

function degreeOf({ starts }: SparseMatrix, row: number): number {
  return (starts[row + 1] as number) - (starts[row] as number);
}

function columnsOf(graph: SparseMatrix, to: OnnxBuilder): Tensor {
  return to.once(graph, "columns", () => to.integers(graph.columns));
}

/** Row of each non-zero. */
function rowsOf(graph: SparseMatrix, to: OnnxBuilder): Tensor {
  return to.once(graph, "rows", () => {
    const rows = new Uint32Array(graph.nonZeros);
    for (let row = 0; row < graph.rows; row++) {
      rows.fill(row, graph.starts[row], graph.starts[row + 1]);
    }
    return to.integers(rows);
  });
}
