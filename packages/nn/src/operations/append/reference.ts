import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import { firstPosition } from "../shared/positions.ts";
import type { AppendOperation } from "./operation.ts";

/** Writes into the state itself, which is the output too. */
export function evaluateAppend(
  { x, state, position }: AppendOperation,
  context: ReferenceContext,
): FloatArray {
  const kept = context.of(state);
  if (position.length > 1) {
    for (const [vector, place] of context.indices(position).entries()) {
      if (place >= state.vectors) continue;
      const from = vector * x.features;
      kept.set(context.of(x).subarray(from, from + x.features), place * x.features);
    }
    return kept;
  }
  const start = firstPosition(position, context);
  const count = Math.min(x.vectors, state.vectors - start);
  kept.set(context.of(x).subarray(0, count * x.features), start * x.features);
  return kept;
}
