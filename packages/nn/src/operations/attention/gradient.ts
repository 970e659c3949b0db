import { PapilioError } from "@papilio/butterfly";
import type { Value } from "../../graph/value.ts";
import { attentionGradient } from "../attention-gradient/operation.ts";
import { gatherFeatures } from "../gather-features/operation.ts";
import type { GradientContext } from "../gradient-context.ts";
import type { AttentionOperation } from "./operation.ts";

/** Queries have a pass over keys of their own, and keys and values one over queries together. */
export function gradientOfAttention(
  operation: AttentionOperation,
  dy: Value,
  to: GradientContext,
): void {
  const { queries, keys, values, position, pages, path } = operation;
  if (position !== undefined || pages !== undefined) {
    throw new PapilioError(
      "GRADIENT_UNAVAILABLE",
      `Attention${path && ` of ${path}`} has no gradient where a run is given the position.`,
      "Trace the model without a cache to train it.",
    );
  }
  if (to.needs(queries)) to.add(queries, attentionGradient(operation, dy, "queries"));
  if (!to.needs(keys) && !to.needs(values)) return;
  const both = attentionGradient(operation, dy, "keys");
  const part = (first: number): Value =>
    gatherFeatures(
      both,
      Uint32Array.from({ length: keys.features }, (_, feature) => first + feature),
      path,
    );
  if (to.needs(keys)) to.add(keys, part(0));
  if (to.needs(values)) to.add(values, part(keys.features));
}
