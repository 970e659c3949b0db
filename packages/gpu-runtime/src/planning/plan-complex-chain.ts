import type { BatchShape, Chain } from "@papilio/butterfly";
import { requireChain } from "@papilio/butterfly/errors";
import { stridesOf } from "@papilio/butterfly/numeric";
import { requireReport } from "../device/device-checks.ts";
import type { AdapterReport } from "../device/report.ts";
import { localWeights, localWidth } from "../kernels/fused-range/local-factors.ts";
import type { Plan, Stage } from "./plan.ts";

/**
 * Complex numbers of a block that an invocation keeps, and products that it is written out for. On a
 * software adapter more take twice as long to compile and are no faster (lavapipe, Mesa 25).
 */
const MOST = {
  hardware: { width: 16, products: 128 },
  software: { width: 16, products: 24 },
};

/**
 * How a chain of complex factors is multiplied: ranges that fit registers are fused, from the left, each as
 * long as that allows; other factors are multiplied one by one. Nothing is merged, and vectors stay in
 * their layout.
 *
 * No cost model weighs the ranges: complex kernels have no other shapes to choose among, and the fewest
 * passes over memory are what this finds.
 *
 * @throws PapilioError `OPTION_INVALID`, `BATCH_INVALID`, `LAYOUT_INVALID`
 */
export function planComplexChain(
  report: Pick<AdapterReport, "kind" | "limits" | "features">,
  chain: Chain,
  shape: BatchShape,
): Plan {
  requireReport(report);
  requireChain("The chain", chain);
  stridesOf(shape, chain.cols); // refuses a bad shape
  const stages: Stage[] = [];
  for (let from = 0; from < chain.length; ) {
    let to = from + 1;
    while (to < chain.length && fitsRegisters(report, chain.slice(from, to + 1))) to++;
    stages.push({ from, to, how: to - from === 1 ? "multiply" : "fuse" });
    from = to;
  }
  return { layout: shape.layout, stages };
}

/** Whether an invocation can keep a block of the chain's product, and all that lies between its factors. */
export function fitsRegisters({ kind }: Pick<AdapterReport, "kind">, chain: Chain): boolean {
  const { width, products } = MOST[kind];
  return localWidth(chain) <= width && localWeights(chain) <= products;
}
