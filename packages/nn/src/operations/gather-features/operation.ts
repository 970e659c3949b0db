import { requireArray } from "@papilio/butterfly/errors";
import { ZERO_FEATURE } from "@papilio/gpu-runtime/kernels";
import { anyNumber, uint32 } from "../../arguments/checks.ts";
import { valueCheck } from "../../graph/operand-checks.ts";
import { named, shapeError } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Value } from "../../graph/value.ts";

/** Features in another order, or zeros (`ZERO_FEATURE`). */
export interface GatherFeaturesOperation extends GraphOperation<"gather-features"> {
  readonly x: Value;
  /** For each feature of the output, that of the input. */
  readonly map: Uint32Array;
}

/** What a graph must know of the operation. */
export const gatherFeaturesDefinition: OperationDefinition<GatherFeaturesOperation> = {
  kind: "gather-features",
  fields: {
    x: valueCheck,
    map: uint32,
  },
  operands: ({ x }) => [x],
};

/** Feature `f` of the output is feature `map[f]` of x, or zero where that is `ZERO_FEATURE`. */
export function gatherFeatures(x: Value, map: Uint32Array, path: string = ""): Value {
  valueCheck("The value", x);
  requireArray("The map", map, "Uint32Array");
  const wrong = map.find((feature) => feature !== ZERO_FEATURE && feature >= x.features);
  if (wrong !== undefined) {
    throw shapeError(
      `${named(path)}feature ${wrong} is asked of vectors of ${x.features}`,
      "Use features that there are.",
    );
  }
  return x.graph.add(
    gatherFeaturesDefinition,
    { path, x, map },
    { vectors: x.vectors, features: map.length },
  );
}

/** What indices of 32 bits reach. */
const MOST_FEATURES = 2 ** 32;

/** The first `features` features, or all of them and zeros. */
export function resizeFeatures(x: Value, features: number, path: string = ""): Value {
  valueCheck("The value", x);
  anyNumber("The number of features", features);
  if (!Number.isInteger(features) || features < 1 || features >= MOST_FEATURES) {
    throw shapeError(
      `${named(path)}vectors of ${x.features} features cannot become vectors of ${features}`,
      `Use a positive whole number below ${MOST_FEATURES}.`,
    );
  }
  if (features === x.features) return x;
  const map = Uint32Array.from({ length: features }, (_, feature) =>
    feature < x.features ? feature : ZERO_FEATURE,
  );
  return gatherFeatures(x, map, path);
}
