import { wrongArgument } from "@papilio/butterfly/errors";
import { number, optional, whole } from "../../arguments/checks.ts";
import { indicesCheck, valueCheck } from "../../graph/operand-checks.ts";
import { named, shapeError } from "../../graph/operands.ts";
import type { Indices, Value } from "../../graph/value.ts";

/** What a loss has to know of labels. */
export interface LabelOptions {
  /** What all classes share evenly of what is wanted, from 0 to below 1. */
  readonly smoothing: number;
  /** The label of vectors whose loss is 0: a class, or the number of classes. */
  readonly ignored?: number | undefined;
}

/**
 * Restricts labels to the classes, and the one that is ignored.
 *
 * @throws PapilioError `GRAPH_SHAPE` unless there is one for each vector; `OPTION_INVALID` for options that are none
 */
export function requireLabels(
  path: string,
  x: Value,
  labels: Indices,
  { smoothing, ignored }: LabelOptions,
): void {
  valueCheck("The value", x);
  indicesCheck("The labels", labels);
  if (labels.length !== x.vectors) {
    throw shapeError(
      `${named(path)}there are ${labels.length} labels for ${x.vectors} vectors`,
      "Give one for each.",
    );
  }
  number("The smoothing", smoothing);
  if (!(smoothing >= 0 && Math.fround(smoothing) < 1)) {
    throw wrongArgument("The smoothing", String(smoothing), "a number from 0 to below 1");
  }
  const classes = x.features;
  optional(whole)("The label that is ignored", ignored);
  if (ignored !== undefined && !(ignored >= 0 && ignored <= classes)) {
    throw wrongArgument(
      "The label that is ignored",
      String(ignored),
      `a class, or ${classes}, the number of classes`,
    );
  }
  labels.requireBelow(ignored === classes ? classes + 1 : classes);
}
