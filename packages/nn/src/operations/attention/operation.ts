import { requireObject } from "@papilio/butterfly/errors";
import { anyNumber, type Check, flag, number, objectOf, optional } from "../../arguments/checks.ts";
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
  /** Where keys and values are in pages that sequences share, and not sequence after sequence. */
  readonly pages?: KeyPages | undefined;
}

/** Which pages of keys and values sequences have. */
export interface KeyPages {
  /** Vectors of a page, a multiple of 16: page `p` is the keys from `p * size` on. */
  readonly size: number;
  /** The pages of each sequence in the order of its keys, as many for each. */
  readonly table: Indices;
}

/** Refuses what is not {@link KeyPages}. */
const pagesCheck: Check = objectOf({ size: anyNumber, table: indicesCheck });

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
    pages: optional(pagesCheck),
  },
  operands: ({ queries, keys, values }) => [queries, keys, values],
  // Two products of each query with each key or value of its sequence that it sees, the last query all of them.
  flops: (operation) => {
    const { queries, sequences, output, causal } = operation;
    const hidden = causal ? (queries.vectors / sequences - 1) / 2 : 0;
    return 4 * output.vectors * output.features * (keysOfEach(operation) - hidden);
  },
};

/** Keys that there is room for in each sequence. */
export function keysOfEach({
  keys,
  sequences,
  pages,
}: Pick<AttentionOperation, "keys" | "sequences" | "pages">): number {
  if (pages === undefined) return keys.vectors / sequences;
  return (pages.table.length / sequences) * pages.size;
}

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
  const { path = "", heads, keyValueHeads, sequences, position, lengths, pages } = options;
  optional(pagesCheck)("pages", pages);
  for (const count of [heads, keyValueHeads, sequences]) anyNumber("A number of heads", count);
  const headFeatures = queries.features / heads;
  const fits =
    Number.isInteger(headFeatures) &&
    heads % keyValueHeads === 0 &&
    keys.features === keyValueHeads * headFeatures &&
    values.features === keys.features &&
    values.vectors === keys.vectors &&
    queries.vectors % sequences === 0 &&
    (pages === undefined ? keys.vectors % sequences === 0 : pagesFit(pages, keys, sequences));
  if (!fits) {
    throw shapeError(
      `${named(path)}attention of ${heads} heads (${keyValueHeads} for keys and values) in ${sequences} sequences does not fit queries of ${queries.vectors} x ${queries.features}, keys of ${keys.vectors} x ${keys.features} and values of ${values.vectors} x ${values.features}`,
      "Use heads that divide the features, and sequences that divide the vectors.",
    );
  }
  const room = keysOfEach({ keys, sequences, pages });
  requirePosition(path, position, pages === undefined ? keys.vectors : room);
  optional(indicesCheck)("lengths", lengths);
  lengths?.requireBelow(room + 1);
  pages?.table.requireBelow(keys.vectors / pages.size);
  const { scale = 1 / Math.sqrt(headFeatures) } = options;
  return queries.graph.add(
    attentionDefinition,
    { ...options, path, queries, keys, values, scale },
    queries,
  );
}

/** Of pages, the tiles of the CPU are to be whole. */
const PAGE_MULTIPLE = 16;

function pagesFit({ size, table }: KeyPages, keys: Value, sequences: number): boolean {
  const isWhole = Number.isInteger(size / PAGE_MULTIPLE) && size >= PAGE_MULTIPLE;
  return isWhole && keys.vectors % size === 0 && table.length % sequences === 0;
}
