import type { OnnxBuilder, OnnxValue } from "../onnx-builder.ts";
import { atLeastOne } from "../shared/onnx-numbers.ts";
import { degreeOf, messages, toRows } from "../shared/onnx-sparse.ts";
import type { AggregateOperation } from "./operation.ts";

/*
 * Sparse matrices as lists of their non-zeros: what is in the columns is gathered, and brought to the
 * rows by ScatterElements with a reduction. (ScatterND would take shorter indices, but ONNX Runtime
 * adds to equal ones from several threads without a lock:
 * https://github.com/microsoft/onnxruntime/issues/18048.)
 */

export function exportAggregate(
  { x, adjacency, reduce }: AggregateOperation,
  to: OnnxBuilder,
): OnnxValue {
  const sent = messages(to.of(x), adjacency, to);
  if (reduce === "max") return to.largest(sent, (of) => toRows(of, adjacency, "max", to));
  const reduced = toRows(sent, adjacency, "add", to);
  if (reduce === "sum") return reduced;
  const degrees = to.once(adjacency, "degrees", () =>
    atLeastOne(
      to.integers(
        Uint32Array.from({ length: adjacency.rows }, (_, row) => degreeOf(adjacency, row)),
        [adjacency.rows, 1],
      ),
      to,
    ),
  );
  return to.each("Div", reduced, degrees);
}
