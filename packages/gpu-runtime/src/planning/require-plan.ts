import { type Chain, LAYOUTS, planInvalid, requireOneOf, requireRuns } from "@papilio/butterfly";
import type { Plan, Stage } from "./plan.ts";

const WAYS: readonly Stage["how"][] = ["multiply", "fuse", "merge"];

/**
 * A copy of a plan, which the caller may change later.
 *
 * @throws PapilioError `PLAN_INVALID` unless its stages cover the chain once in order, those that
 *   multiply one factor each; `OPTION_INVALID` for a layout or a way of multiplying that there is not
 */
export function requirePlan(chain: Chain, plan: Plan): Plan {
  const { layout, stages } = (plan ?? {}) as Plan;
  requireOneOf("The layout of a plan", layout, LAYOUTS);
  requireRuns("The stages of a plan", stages, 0, chain.length);
  const copies = stages.map(({ from, to, how }) => {
    requireOneOf("The way of a stage", how, WAYS);
    if (how === "multiply" && to - from !== 1) {
      throw planInvalid(
        `A stage multiplies by factors ${from} to ${to - 1}, but "multiply" takes one factor.`,
      );
    }
    return Object.freeze({ from, to, how });
  });
  return Object.freeze({ layout, stages: Object.freeze(copies) });
}
