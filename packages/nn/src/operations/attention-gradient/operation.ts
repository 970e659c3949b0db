import { flag, number, oneOf, optional } from "../../arguments/checks.ts";
import { indicesCheck, valueCheck } from "../../graph/operand-checks.ts";
import { requireSameShape } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Indices, Value } from "../../graph/value.ts";

/** The gradient of attention by its queries, or by its keys and values together. */
export interface AttentionGradientOperation extends GraphOperation<"attention-gradient"> {
  readonly queries: Value;
  readonly keys: Value;
  readonly values: Value;
  /** What attention has computed. */
  readonly y: Value;
  readonly dy: Value;
  readonly by: "queries" | "keys";
  readonly sequences: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly scale: number;
  readonly causal: boolean;
  /** How many keys of each sequence count. */
  readonly lengths?: Indices | undefined;
}

/** What a graph must know of the operation. */
export const attentionGradientDefinition: OperationDefinition<AttentionGradientOperation> = {
  kind: "attention-gradient",
  fields: {
    queries: valueCheck,
    keys: valueCheck,
    values: valueCheck,
    y: valueCheck,
    dy: valueCheck,
    by: oneOf("queries", "keys"),
    sequences: number,
    heads: number,
    keyValueHeads: number,
    scale: number,
    causal: flag,
    lengths: optional(indicesCheck),
  },
  operands: ({ queries, keys, values, y, dy }) => [queries, keys, values, y, dy],
  // Scores, once more for their sums, the weights' gradients, and one product for each gradient.
  flops: ({ queries, keys, sequences, by }) =>
    (by === "queries" ? 8 : 10) * queries.vectors * queries.features * (keys.vectors / sequences),
};

/**
 * That of the queries, of their shape; or that of the keys and of the values, the features of the one behind those of the
 * other. No matrix of scores is in memory: they are computed again, tile by tile.
 *
 * @param attended of attention, with its output
 */
export function attentionGradient(
  attended: Omit<AttentionGradientOperation, "kind" | "y" | "dy" | "by">,
  dy: Value,
  by: "queries" | "keys",
): Value {
  const { queries, keys, values, output: y, path } = attended;
  const { sequences, heads, keyValueHeads, scale, causal, lengths } = attended;
  requireSameShape(path, y, dy);
  return queries.graph.add(
    attentionGradientDefinition,
    {
      ...{ path, queries, keys, values, y, dy, by },
      ...{ sequences, heads, keyValueHeads, scale, causal, lengths },
    },
    by === "queries" ? queries : { vectors: keys.vectors, features: 2 * keys.features },
  );
}
