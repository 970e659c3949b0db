import { type Chain, LAYOUTS } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import { planInvalid, requireFactorRanges } from "@papilio/butterfly/planning";
import { requireKroneckerSparseVariant } from "../kernels/kronecker-sparse/checks.ts";
import type { Plan, Stage } from "./plan.ts";

const WAYS: readonly Stage["how"][] = ["multiply", "fuse", "merge"];

/**
 * A copy of a plan, which the caller may change later.
 *
 * @throws PapilioError `PLAN_INVALID` unless its stages cover the chain once in order, those that
 *   multiply one factor each, and its layout and its ways of multiplying are known; `CHAIN_NOT_CHAINABLE`
 *   where the factors of a stage are not; `OPTION_INVALID`, `KERNEL_PROBLEM` for a variant that is none
 */
export function requirePlan(chain: Chain, plan: Plan): Plan {
  const { layout, stages } = (plan ?? {}) as Plan;
  requireKnown("The layout of a plan", layout, LAYOUTS);
  requireFactorRanges("The stages of a plan", stages, 0, chain.length);
  const copies = stages.map(({ from, to, how, matrixUnits = false, variant }) => {
    requireKnown("The way of a stage", how, WAYS);
    if (how === "multiply" && to - from !== 1) {
      throw planInvalid(
        `A stage multiplies by factors ${from} to ${to - 1}, but "multiply" takes one factor.`,
      );
    }
    requireKnown("Whether a stage is on matrix units", matrixUnits, [true, false]);
    if (matrixUnits && how !== "fuse") {
      throw planInvalid(`A stage is on matrix units, but "${how}" is not: only "fuse" is.`);
    }
    if (variant !== undefined) {
      requireKroneckerSparseVariant(variant);
      if (how === "fuse") {
        throw planInvalid(`A stage has a variant, but "fuse" takes several factors.`);
      }
    }
    chain.product(from, to); // refuses factors that are not chainable
    return Object.freeze({
      ...{ from, to, how },
      ...(matrixUnits && { matrixUnits }),
      ...(variant && { variant: Object.freeze({ ...variant }) }),
    });
  });
  return Object.freeze({ layout, stages: Object.freeze(copies) });
}

function requireKnown(what: string, value: unknown, known: readonly unknown[]): void {
  if (known.includes(value)) return;
  throw planInvalid(
    `${what} is ${describeValue(value)}, but it must be one of ${known.join(", ")}.`,
  );
}
