import { requireObject } from "@papilio/butterfly/errors";
import { anyNumber, flag, number, optional } from "../../arguments/checks.ts";
import { indicesCheck, valueCheck } from "../../graph/operand-checks.ts";
import { named, requirePosition, shapeError } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Indices, Value } from "../../graph/value.ts";

/** Scaled dot-product attention, with grouped queries. */
export interface AttentionOperation extends GraphOperation<"attention"> {
  readonly queries: Value;
  readonly keys: Value;
  readonly values: Value;
  readonly sequences: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly scale: number;
  readonly causal: boolean;
  /** Position of the first query among the keys. */
  readonly position?: Indices | undefined;
  /** How many keys of each sequence count. */
  readonly lengths?: Indices | undefined;
}

/** What a graph must know of the operation. */
export const attentionDefinition: OperationDefinition<AttentionOperation> = {
  kind: "attention",
  fields: {
    queries: valueCheck,
    keys: valueCheck,
    values: valueCheck,
    sequences: number,
    heads: number,
    keyValueHeads: number,
    scale: number,
    causal: flag,
    position: optional(indicesCheck),
    lengths: optional(indicesCheck),
  },
  operands: ({ queries, keys, values }) => [queries, keys, values],
  // Two products of each query with each key or value of its sequence that it sees, the last query all of them.
  flops: ({ queries, keys, sequences, output, causal }) => {
    const hidden = causal ? (queries.vectors / sequences - 1) / 2 : 0;
    return 4 * output.vectors * output.features * (keys.vectors / sequences - hidden);
  },
};

/**
 * `softmax(scale Q K^T) V` for each head of each sequence. Queries have `heads * e` features, keys and
 * values `keyValueHeads * e`; head h attends with key and value head `floor(h * keyValueHeads / heads)`.
 */
export function attention(
  queries: Value,
  keys: Value,
  values: Value,
  options: Omit<
    AttentionOperation,
    "kind" | "queries" | "keys" | "values" | "output" | "path" | "scale"
  > & { readonly path?: string; readonly scale?: number },
): Value {
  requireObject("What attention is given", options, "an object of options");
  for (const value of [queries, keys, values]) valueCheck("The value", value);
  const { path = "", heads, keyValueHeads, sequences, position, lengths } = options;
  for (const count of [heads, keyValueHeads, sequences]) anyNumber("A number of heads", count);
  const headFeatures = queries.features / heads;
  const fits =
    Number.isInteger(headFeatures) &&
    heads % keyValueHeads === 0 &&
    keys.features === keyValueHeads * headFeatures &&
    values.features === keys.features &&
    values.vectors === keys.vectors &&
    queries.vectors % sequences === 0 &&
    keys.vectors % sequences === 0;
  if (!fits) {
    throw shapeError(
      `${named(path)}attention of ${heads} heads (${keyValueHeads} for keys and values) in ${sequences} sequences does not fit queries of ${queries.vectors} x ${queries.features}, keys of ${keys.vectors} x ${keys.features} and values of ${values.vectors} x ${values.features}`,
      "Use heads that divide the features, and sequences that divide the vectors.",
    );
  }
  requirePosition(path, position, keys.vectors);
  optional(indicesCheck)("lengths", lengths);
  lengths?.requireBelow(keys.vectors / sequences + 1);
  const { scale = 1 / Math.sqrt(headFeatures) } = options;
  return queries.graph.add(
    attentionDefinition,
    { ...options, path, queries, keys, values, scale },
    queries,
  );
}
