import type { Chain } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import { planInvalid, requireFactorRanges } from "@papilio/butterfly/planning";
import { TILE } from "../wasm/constants.ts";
import type { CpuPlan } from "./plan.ts";

/**
 * A copy of a plan, which the caller may change later.
 *
 * @throws PapilioError `PLAN_INVALID` unless its passes cover the chain once in order, their stages them,
 *   and its panel is a multiple of 16; `CHAIN_NOT_CHAINABLE` where the factors of a pass are not
 */
export function requireCpuPlan(chain: Chain, plan: CpuPlan): CpuPlan {
  const { panel, passes } = (plan ?? {}) as Partial<CpuPlan>;
  if (panel !== undefined && !(Number.isSafeInteger(panel) && panel > 0 && panel % TILE === 0)) {
    throw planInvalid(
      `The panel of a plan is ${describeValue(panel)}, but it must be a multiple of ${TILE}.`,
    );
  }
  requireFactorRanges("The passes of a plan", passes, 0, chain.length);
  const copies = (passes as CpuPlan["passes"]).map(({ from, to, stages }) => {
    requireFactorRanges("The stages of a pass", stages, from, to);
    chain.product(from, to); // refuses factors that are not chainable
    const runs = stages.map((run) => Object.freeze({ from: run.from, to: run.to }));
    return Object.freeze({ from, to, stages: Object.freeze(runs) });
  });
  return Object.freeze({
    ...(panel === undefined ? {} : { panel }),
    passes: Object.freeze(copies),
  });
}
