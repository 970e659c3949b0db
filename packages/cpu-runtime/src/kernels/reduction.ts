import { requireOneOf } from "@papilio/butterfly/errors";
import { LARGEST, MEAN, SUM } from "../wasm/kernel-options.ts";

/** What vectors are brought together to. Of none it is 0. */
export type Reduction = "sum" | "mean" | "max";

const REDUCTIONS: Readonly<Record<Reduction, number>> = { sum: SUM, mean: MEAN, max: LARGEST };

/** The number of a reduction. Throws `OPTION_INVALID`. */
export function reductionNumber(reduce: Reduction): number {
  requireOneOf("What vectors are reduced to", reduce, Object.keys(REDUCTIONS));
  return REDUCTIONS[reduce];
}
