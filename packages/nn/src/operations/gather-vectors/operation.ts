import { requireObject } from "@papilio/butterfly/errors";
import { indicesCheck, parameterCheck, valueCheck } from "../../graph/operand-checks.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Indices, Value } from "../../graph/value.ts";
import type { Parameter } from "../../modules/parameter.ts";

/** Vectors of a table, `[rows, features]`, or of another value. */
export interface GatherVectorsOperation extends GraphOperation<"gather-vectors"> {
  readonly source: Value | Parameter;
  readonly indices: Indices;
}

/** What a graph must know of the operation. */
export const gatherVectorsDefinition: OperationDefinition<GatherVectorsOperation> = {
  kind: "gather-vectors",
  fields: {
    source: (name, source) => (isValue(source) ? valueCheck : parameterCheck)(name, source),
    indices: indicesCheck,
  },
  operands: ({ source }) => ("graph" in source ? [source] : []),
  parameters: ({ source }) => ("graph" in source ? [] : [source]),
};

/** Rows of a table `[rows, features]`, or vectors of a value. */
export function gatherVectors(
  source: Value | Parameter,
  indices: Indices,
  path: string = "",
): Value {
  requireObject("The source", source, "a Value or a Parameter");
  indicesCheck("The indices", indices);
  if (!("graph" in source)) parameterCheck("The source", source);
  const [rows, features] =
    "graph" in source
      ? [source.vectors, source.features]
      : [source.shape[0] as number, source.shape[1] as number];
  indices.requireBelow(rows);
  return indices.graph.add(
    gatherVectorsDefinition,
    { path, source, indices },
    { vectors: indices.length, features },
  );
}

function isValue(source: unknown): boolean {
  return typeof source === "object" && source !== null && "graph" in source;
}
