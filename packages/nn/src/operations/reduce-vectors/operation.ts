import { requireObject } from "@papilio/butterfly/errors";
import { number, oneOf, optional } from "../../arguments/checks.ts";
import { indicesCheck, valueCheck } from "../../graph/operand-checks.ts";
import { sequencesOf } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Indices, Value } from "../../graph/value.ts";

/** One vector for each sequence. */
export interface ReduceVectorsOperation extends GraphOperation<"reduce-vectors"> {
  readonly x: Value;
  readonly reduce: "mean" | "sum" | "max";
  readonly period: number;
  readonly lengths?: Indices | undefined;
}

/** What a graph must know of the operation. */
export const reduceVectorsDefinition: OperationDefinition<ReduceVectorsOperation> = {
  kind: "reduce-vectors",
  fields: {
    x: valueCheck,
    reduce: oneOf("mean", "sum", "max"),
    period: number,
    lengths: optional(indicesCheck),
  },
  operands: ({ x }) => [x],
};

/** One vector for each sequence of `period` vectors, or of its first `lengths`. */
export function reduceVectors(
  x: Value,
  options: Omit<ReduceVectorsOperation, "kind" | "x" | "output" | "path"> & {
    readonly path?: string;
  },
): Value {
  requireObject("What reduceVectors is given", options, "an object of options");
  const { path = "", period, lengths } = options;
  const vectors = sequencesOf(path, x, period);
  optional(indicesCheck)("lengths", lengths);
  lengths?.requireBelow(period + 1);
  return x.graph.add(
    reduceVectorsDefinition,
    { ...options, path, x },
    { vectors, features: x.features },
  );
}
