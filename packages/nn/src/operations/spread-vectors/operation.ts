import { requireObject } from "@papilio/butterfly/errors";
import { number, oneOf, optional } from "../../arguments/checks.ts";
import { indicesCheck, valueCheck } from "../../graph/operand-checks.ts";
import { requireShape } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Indices, Value } from "../../graph/value.ts";

/** The gradient of what sequences of vectors were brought together from. */
export interface SpreadVectorsOperation extends GraphOperation<"spread-vectors"> {
  /** A vector for each sequence. */
  readonly dy: Value;
  readonly reduce: "mean" | "sum" | "max";
  readonly period: number;
  readonly lengths?: Indices | undefined;
  /** What was brought together, where it was to the largest. */
  readonly x?: Value | undefined;
}

/** What a graph must know of the operation. */
export const spreadVectorsDefinition: OperationDefinition<SpreadVectorsOperation> = {
  kind: "spread-vectors",
  fields: {
    dy: valueCheck,
    reduce: oneOf("mean", "sum", "max"),
    period: number,
    lengths: optional(indicesCheck),
    x: optional(valueCheck),
  },
  operands: ({ dy, x }) => (x === undefined ? [dy] : [dy, x]),
};

/**
 * To each vector of a sequence what came of it, divided by their number for a mean; of the largest to the first that is
 * it, or the first that is NaN. Vectors past the length of their sequence get 0.
 */
export function spreadVectors(
  dy: Value,
  options: Omit<SpreadVectorsOperation, "kind" | "dy" | "output" | "path" | "x"> & {
    readonly path?: string;
    readonly x: Value;
  },
): Value {
  requireObject("What spreadVectors is given", options, "an object of options");
  const { path = "", reduce, period, lengths, x } = options;
  valueCheck("The value", dy);
  requireShape(path, x, dy.vectors * period, dy.features);
  const read = reduce === "max" ? x : undefined;
  return dy.graph.add(
    spreadVectorsDefinition,
    { path, dy, reduce, period, lengths, x: read },
    { vectors: dy.vectors * period, features: dy.features },
  );
}
