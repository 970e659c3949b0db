import type { Value } from "../../graph/value.ts";
import { LOWEST, type OnnxBuilder, type OnnxValue } from "../onnx-builder.ts";
import { range } from "../shared/onnx-numbers.ts";
import { type AttentionOperation, keysOfEach } from "./operation.ts";

/**
 * Heads that share keys and values are multiplied with them as one, with more queries. One sequence has no
 * axis: a Reshape after a Transpose would keep ONNX Runtime from multiplying by the transposed matrix.
 */
export function exportAttention(operation: AttentionOperation, to: OnnxBuilder): OnnxValue {
  const { queries, keys, values, sequences, heads, keyValueHeads, scale } = operation;
  const each = queries.features / heads;
  const queriesEach = queries.vectors / sequences;
  const keysEach = keysOfEach(operation);
  const ofEach = sequences === 1 ? [] : [sequences];
  const shared = [...ofEach, keyValueHeads, (heads / keyValueHeads) * queriesEach];
  const q = to.arrange(
    to.of(queries),
    [sequences, queriesEach, heads, each],
    [0, 2, 1, 3],
    [...shared, each],
  );
  const straight = [...ofEach, keyValueHeads, keysEach, each];
  const transposed = [...ofEach, keyValueHeads, each, keysEach];
  const axes = [sequences, keysEach, keyValueHeads, each];
  const kept = to.byHeads(keys);
  const k =
    kept === undefined
      ? to.arrange(keyRows(keys, operation, to), axes, [0, 2, 3, 1], transposed)
      : to.arrange(kept, straight, [0, 2, 1], transposed);
  const v =
    to.byHeads(values) ?? to.arrange(keyRows(values, operation, to), axes, [0, 2, 1, 3], straight);
  const scaled = scale === 1 ? q : to.each("Mul", q, to.scalar(scale));
  const scores = to.node("MatMul", [scaled, k], [...shared, keysEach]);
  const perHead = [sequences, heads, queriesEach, keysEach];
  const weights = weightsOf(to.reshape(scores, perHead), operation, to);
  const attended = to.node("MatMul", [to.reshape(weights, scores.shape), v], [...shared, each]);
  return to.arrange(
    attended,
    [sequences, heads, queriesEach, each],
    [0, 2, 1, 3],
    [queries.vectors, queries.features],
  );
}

/** Keys or values, sequence after sequence. */
function keyRows(x: Value, operation: AttentionOperation, to: OnnxBuilder): OnnxValue {
  const { pages } = operation;
  if (pages === undefined) return to.of(x);
  const { size, table } = pages;
  const firsts = to.each("Mul", to.indices(table), to.integers([size]));
  const rows = to.each("Add", to.reshape(firsts, [table.length, 1]), range(size, to));
  return to.gather(to.of(x), to.reshape(rows, [table.length * size]), 0);
}

/** Softmax over the keys that a query sees; zeros where it sees none. `[sequences, heads, queries, keys]`. */
function weightsOf(scores: OnnxValue, operation: AttentionOperation, to: OnnxBuilder): OnnxValue {
  const { shape } = scores;
  const softmax = (of: OnnxValue): OnnxValue => to.node("Softmax", [of], shape, { axis: -1 });
  const limits = limitsOf(operation, to);
  if (limits === undefined) return softmax(scores);
  const [, , , keysEach = 0] = shape;
  const seen = to.each("Less", range(keysEach, to), limits.tensor);
  const weights = softmax(to.each("Where", seen, scores, to.scalar(LOWEST)));
  return limits.mayBeNone ? to.each("Where", seen, weights, to.scalar(0)) : weights;
}

/** How many keys queries see, `[sequences or 1, 1, queries or 1, 1]`, where it is not all of them. */
function limitsOf(
  operation: AttentionOperation,
  to: OnnxBuilder,
): { readonly tensor: OnnxValue; readonly mayBeNone: boolean } | undefined {
  const { queries, sequences, causal, position, lengths } = operation;
  const queriesEach = queries.vectors / sequences;
  const offset = position === undefined ? keysOfEach(operation) - queriesEach : 0;
  // Of each query, without the position that a run gives.
  const counts = causal
    ? Array.from({ length: queriesEach }, (_, query) => offset + query + 1)
    : [offset + queriesEach];
  const byOrder = (): OnnxValue => {
    const shape = [1, 1, counts.length, 1];
    const fixed = to.once(to, `limits ${counts}`, () => to.integers(counts, shape));
    return position === undefined ? fixed : to.each("Add", fixed, to.indices(position));
  };
  const byLength = lengths && to.reshape(to.indices(lengths), [sequences, 1, 1, 1]);
  const ordered = position !== undefined || (causal && queriesEach > 1) ? byOrder() : undefined;
  if (byLength === undefined || ordered === undefined) {
    const tensor = byLength ?? ordered;
    const mayBeNone = byLength !== undefined || (counts[0] as number) < 1;
    return tensor && { tensor, mayBeNone };
  }
  return { tensor: to.each("Min", ordered, byLength), mayBeNone: true };
}
