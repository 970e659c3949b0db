import { requireObject } from "@papilio/butterfly/errors";
import { anyNumber, number, oneOf, optional } from "../../arguments/checks.ts";
import { indicesCheck, parameterCheck, valueCheck } from "../../graph/operand-checks.ts";
import { named, requirePositions, sequencesOf, shapeError } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Indices, Value } from "../../graph/value.ts";
import type { Parameter } from "../../modules/parameter.ts";

/** Rotary position embedding. */
export interface RotaryOperation extends GraphOperation<"rotary"> {
  readonly x: Value;
  readonly headFeatures: number;
  readonly style: RotaryStyle;
  /** `[positions, headFeatures / 2]`. */
  readonly cosines: Parameter;
  readonly sines: Parameter;
  /** Vectors of a sequence. */
  readonly period: number;
  /** Of the first vector of all sequences, or of each; 0 without. */
  readonly position?: Indices | undefined;
}

/** Which features make a pair: neighbours, or those half a head apart. */
export type RotaryStyle = "interleaved" | "halves";

/** What a graph must know of the operation. */
export const rotaryDefinition: OperationDefinition<RotaryOperation> = {
  kind: "rotary",
  fields: {
    x: valueCheck,
    headFeatures: number,
    style: oneOf("interleaved", "halves"),
    cosines: parameterCheck,
    sines: parameterCheck,
    period: number,
    position: optional(indicesCheck),
  },
  operands: ({ x }) => [x],
  parameters: ({ cosines, sines }) => [cosines, sines],
};

/** Rotates pairs of features of each head by angles that grow with the position in the sequence. */
export function rotary(
  x: Value,
  options: Omit<RotaryOperation, "kind" | "x" | "output" | "path"> & { readonly path?: string },
): Value {
  requireObject("What rotary is given", options, "an object of options");
  const { path = "", headFeatures, period, cosines, position } = options;
  parameterCheck("cosines", cosines);
  anyNumber("headFeatures", headFeatures);
  sequencesOf(path, x, period);
  const positions = cosines.shape[0] as number;
  if (x.features % headFeatures !== 0 || headFeatures % 2 !== 0 || positions < period) {
    throw shapeError(
      `${named(path)}${x.features} features in heads of ${headFeatures}, ${period} of ${positions} positions, cannot be rotated`,
      "Use heads of an even size that divides the features, and sequences within the table.",
    );
  }
  requirePositions(path, position, x.vectors / period, positions);
  return x.graph.add(rotaryDefinition, { ...options, path, x }, x);
}
