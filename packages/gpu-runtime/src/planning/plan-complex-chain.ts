import { type BatchShape, Chain } from "@papilio/butterfly";
import { requireChain } from "@papilio/butterfly/errors";
import { stridesOf } from "@papilio/butterfly/numeric";
import { type Candidate, divideChain } from "@papilio/butterfly/planning";
import { requireReport } from "../device/device-checks.ts";
import type { AdapterReport } from "../device/report.ts";
import { localWeights, localWidth } from "../kernels/fused-chain/local-factors.ts";
import { COMPLEX_BYTES, complexStageSeconds } from "./complex-stage-cost.ts";
import type { Plan, Stage } from "./plan.ts";
import { fitsMerged, type PlanOptions, requirePlanOptions } from "./plan-chain.ts";
import { TYPICAL_RATES } from "./stage-cost.ts";

/**
 * Complex numbers of a block that an invocation keeps, and products that it is written out for. On a
 * software adapter more take twice as long to compile and are no faster (lavapipe, Mesa 25).
 */
const MOST = {
  hardware: { width: 16, products: 128 },
  software: { width: 16, products: 24 },
};

/**
 * How a chain of complex factors is multiplied: the division into stages that the cost model takes for the
 * fastest, as `planChain` does for real factors. Ranges that fit registers may be fused, and ranges may be
 * merged in advance; vectors stay in their layout.
 *
 * @throws PapilioError `OPTION_INVALID`, `BATCH_INVALID`, `LAYOUT_INVALID`
 */
export function planComplexChain(
  report: AdapterReport,
  chain: Chain,
  shape: BatchShape,
  options: Omit<PlanOptions, "operands"> = {},
): Plan {
  requireReport(report);
  requireChain("The chain", chain);
  stridesOf(shape, chain.cols); // refuses a bad shape
  requirePlanOptions(options);
  const { rates = TYPICAL_RATES[report.kind], allow = ["fuse", "merge"] } = options;
  const candidates = function* (from: number, to: number): Iterable<Candidate<Stage>> {
    for (const how of waysOf(report, chain, from, to)) {
      if (how !== "multiply" && !allow.includes(how)) continue;
      const stage = { from, to, how };
      const multiplied =
        how === "fuse" ? chain.slice(from, to) : Chain.of([chain.product(from, to)]);
      const unrolled = fitsRegisters(report, multiplied);
      yield {
        stage,
        cost: complexStageSeconds(report.kind, rates, multiplied, shape.batch, { unrolled }),
      };
    }
  };
  const [best] = divideChain(chain.length, candidates);
  return { layout: shape.layout, stages: best?.stages ?? [] };
}

/** What can become of factors `from` to `to - 1`; of ways that cost as much, the first is taken. */
function waysOf(report: AdapterReport, chain: Chain, from: number, to: number): Stage["how"][] {
  if (to - from === 1) return ["multiply"];
  if (!chain.isChainable(from, to)) return [];
  const range = chain.slice(from, to);
  return [
    ...(fitsRegisters(report, range) ? (["fuse"] as const) : []),
    ...(fitsMerged(report, range, COMPLEX_BYTES) ? (["merge"] as const) : []),
  ];
}

/** Whether an invocation can keep a block of the chain's product, and all that lies between its factors. */
export function fitsRegisters({ kind }: Pick<AdapterReport, "kind">, chain: Chain): boolean {
  const { width, products } = MOST[kind];
  return localWidth(chain) <= width && localWeights(chain) <= products;
}
