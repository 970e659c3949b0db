import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import type { AccumulateOperation } from "./operation.ts";

/** Adds to the state itself, which is the output too. */
export function evaluateAccumulate(
  { x, state, given }: AccumulateOperation,
  context: ReferenceContext,
): FloatArray {
  const [sum, added] = [context.of(state), context.of(x)];
  const begins = context.of(given)[4] === 0;
  for (let at = 0; at < sum.length; at++) {
    sum[at] = (begins ? 0 : (sum[at] as number)) + (added[at] as number);
  }
  return sum;
}
