import { requireObject } from "@papilio/butterfly/errors";
import { number, optional } from "../../arguments/checks.ts";
import { indicesCheck, parameterCheck, valueCheck } from "../../graph/operand-checks.ts";
import {
  named,
  requireLength,
  requirePositions,
  sequencesOf,
  shapeError,
} from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Indices, Value } from "../../graph/value.ts";
import type { Parameter } from "../../modules/parameter.ts";

/** Vectors plus a row of a table for each position; with `prepended`, one vector more for each sequence. */
export interface AddPositionsOperation extends GraphOperation<"add-positions"> {
  readonly x: Value;
  /** `[..., positions, features]`. */
  readonly table: Parameter;
  /** Vectors of a sequence, before one is prepended. */
  readonly period: number;
  readonly prepended?: Parameter | undefined;
  /** Position of the first vector of all sequences, or of each; 0 without. */
  readonly position?: Indices | undefined;
}

/** What a graph must know of the operation. */
export const addPositionsDefinition: OperationDefinition<AddPositionsOperation> = {
  kind: "add-positions",
  fields: {
    x: valueCheck,
    table: parameterCheck,
    period: number,
    prepended: optional(parameterCheck),
    position: optional(indicesCheck),
  },
  operands: ({ x }) => [x],
  parameters: ({ table, prepended }) => [table, prepended],
};

/** Adds a row of `table` for the position of each vector in its sequence of `period` vectors. */
export function addPositions(
  x: Value,
  table: Parameter,
  options: {
    readonly path?: string;
    readonly period: number;
    readonly prepended?: Parameter | undefined;
    readonly position?: Indices | undefined;
  },
): Value {
  requireObject("What addPositions is given", options, "an object of options");
  const { path = "", period, prepended, position } = options;
  parameterCheck("The table", table);
  const longer = prepended === undefined ? 0 : 1;
  const sequences = sequencesOf(path, x, period);
  const features = table.shape.at(-1) as number;
  const positions = table.length / features;
  if (features !== x.features || positions < period + longer) {
    throw shapeError(
      `${named(path)}a table of [${table.shape.join(", ")}] has not ${period + longer} positions of ${x.features} features`,
      "Use a larger table or shorter sequences.",
    );
  }
  if (prepended !== undefined) requireLength(path, "prepended vector", prepended, features);
  requirePositions(path, position, sequences, positions - period - longer + 1);
  return x.graph.add(
    addPositionsDefinition,
    { path, x, table, period, prepended, position },
    { vectors: sequences * (period + longer), features },
  );
}
