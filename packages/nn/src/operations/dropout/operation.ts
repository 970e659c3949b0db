import { requireObject } from "@papilio/butterfly/errors";
import { type Dropout, dropoutThreshold, requireWord } from "@papilio/butterfly/numeric";
import { indicesCheck, valueCheck } from "../../graph/operand-checks.ts";
import { named, shapeError } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Indices, Value } from "../../graph/value.ts";

/** Numbers of which some become 0, at random: in training alone. */
export interface DropoutOperation extends GraphOperation<"dropout">, Dropout {
  readonly x: Value;
  /** One number: another one for each step. */
  readonly seed: Indices;
}

/** What a graph must know of the operation. */
export const dropoutDefinition: OperationDefinition<DropoutOperation> = {
  kind: "dropout",
  fields: {
    x: valueCheck,
    seed: indicesCheck,
    rate: (_, rate) => void dropoutThreshold(rate as number),
    stream: requireWord,
  },
  operands: ({ x }) => [x],
};

/**
 * Sets a share of numbers to 0 at random, and divides the others by the share that is kept (Srivastava et al., 2014).
 * The same seed drops the same numbers on every backend.
 *
 * @throws PapilioError `OPTION_INVALID` for a rate that is not from 0 to below 1; `GRAPH_SHAPE` for several seeds
 *
 * @example
 * ```ts
 * const hidden = dropout(x, { rate: 0.5, stream: 0, seed: graph.indices("step", 1) });
 * ```
 */
export function dropout(
  x: Value,
  options: Dropout & { readonly seed: Indices; readonly path?: string },
): Value {
  requireObject("What dropout is given", options, "an object of options");
  const { path = "", seed } = options;
  valueCheck("The value", x);
  indicesCheck("The seed", seed);
  if (seed.length !== 1) {
    throw shapeError(`${named(path)}${seed.length} seeds are given`, "Give one.");
  }
  return x.graph.add(dropoutDefinition, { ...options, path, x }, x);
}
