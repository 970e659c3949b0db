import { Chain, LAYOUTS, type Layout } from "@papilio/butterfly";
import {
  requireBoolean,
  requireChain,
  requireListOf,
  requireNumber,
  requireObject,
  requireOneOf,
  requireOptions,
  requireWhole,
} from "@papilio/butterfly/errors";
import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import { type Candidate, divideChain } from "@papilio/butterfly/planning";
import { requireReport } from "../device/device-checks.ts";
import type { AdapterReport } from "../device/report.ts";
import { chooseFusedChain } from "../kernels/fused-chain/choose.ts";
import { matrixChainVariant } from "../kernels/fused-chain/matrix-candidates.ts";
import type { DeviceRates } from "../rates/measure-rates.ts";
import { type InputShape, requireInputShape } from "../tensor/input-shape.ts";
import { type Plan, type Stage, samePlan } from "./plan.ts";
import { stageSeconds, TYPICAL_RATES, transpositionSeconds } from "./stage-cost.ts";

export interface PlanOptions {
  /** The device's own rates, from `measureRates`; typical ones unless given. */
  readonly rates?: DeviceRates;
  /** Stages may be of these kinds only; all unless given. A single factor can always be multiplied. */
  readonly allow?: readonly Stage["how"][];
  /**
   * Whether ranges are fused on the device's matrix units where it has any that fit: the cost model expects of
   * them what it does of other kernels. False unless given.
   */
  readonly matrixUnits?: boolean;
  /** Batches of vectors that the last stage takes besides, as an epilogue's operands; 0 unless given. */
  readonly operands?: number;
}

/** A plan with what the cost model says of it. */
export interface RankedPlan {
  readonly plan: Plan;
  readonly predictedSeconds: number;
}

/**
 * Values that a merged factor may have beyond those of the factors that it replaces: it is computed
 * on the CPU, and lies in device memory.
 */
const MOST_MERGED_VALUES = 2 ** 24;

/** Plans kept for each beginning of a chain: the best few of the whole are among them. */
const KEPT = 4;

/**
 * The best few plans for a chain by the cost model, the best first: of all, of each kind of stage
 * alone, and factor by factor: the best divisions of the chain by `divideChain`.
 *
 * Takes a time that grows with the square of the number of factors.
 */
export function rankPlans(
  report: AdapterReport,
  chain: Chain,
  shape: InputShape,
  options: PlanOptions = {},
): RankedPlan[] {
  requireReport(report);
  requireChain("The chain", chain);
  requireInputShape(shape);
  requirePlanOptions(options);
  // Two transpositions for one factor would be the rewriting that its kernel does without, and for one
  // vector they would do nothing.
  const layouts = chain.length === 1 || shape.batch === 1 ? [shape.layout] : LAYOUTS;
  const { allow = ["fuse", "merge"] } = options;
  const ranked = layouts.flatMap((layout) => [
    ...plansInLayout(report, chain, shape, layout, options),
    // The best of each kind of stage alone, and of none: where the model errs, it does so by kind.
    ...[...allow.map((how) => [how]), []].flatMap((kind) =>
      plansInLayout(report, chain, shape, layout, { ...options, allow: kind }).slice(0, 1),
    ),
  ]);
  ranked.sort((p, q) => p.predictedSeconds - q.predictedSeconds);
  return ranked.filter(
    ({ plan }, index) => index === ranked.findIndex((other) => samePlan(other.plan, plan)),
  );
}

/** The plan that the cost model takes for the fastest. */
export function planChain(
  report: AdapterReport,
  chain: Chain,
  shape: InputShape,
  options: PlanOptions = {},
): Plan {
  return (rankPlans(report, chain, shape, options)[0] as RankedPlan).plan;
}

/** @throws PapilioError `OPTION_INVALID` */
export function requirePlanOptions(options: PlanOptions): void {
  requireOptions("The options", options);
  const { rates, allow, operands = 0, matrixUnits = false } = options;
  requireBoolean("matrixUnits", matrixUnits);
  requireWhole("operands", operands, 0);
  if (allow !== undefined) {
    requireListOf("allow", allow, (name, how) =>
      requireOneOf(name, how, ["multiply", "fuse", "merge"]),
    );
  }
  if (rates === undefined) return;
  requireObject("The rates", rates, "what measureRates returns");
  for (const name of ["copyBytesPerSecond", "flopsPerSecond", "dispatchSeconds"] as const) {
    requireNumber(name, rates[name]);
  }
}

/**
 * The plan of stages that are given, in the layout that the cost model takes for the faster one of those in
 * which all of them can be computed; none where there is no such layout.
 */
export function planOfStages(
  report: AdapterReport,
  chain: Chain,
  shape: InputShape,
  stages: readonly Stage[],
  options: PlanOptions = {},
): Plan | undefined {
  const ranked = rankPlans(report, chain, shape, options);
  const found = ranked.find(({ plan }) => samePlan(plan, { layout: plan.layout, stages }));
  if (found !== undefined) return found.plan;
  const possible = stages.every(
    ({ from, to, how, matrixUnits = false }) =>
      how !== "fuse" ||
      canFuse(report, Chain.of(chain.patterns.slice(from, to)), shape, matrixUnits),
  );
  return possible ? { layout: shape.layout, stages } : undefined;
}

function plansInLayout(
  report: AdapterReport,
  chain: Chain,
  shape: InputShape,
  layout: Layout,
  { rates = TYPICAL_RATES[report.kind], allow, operands = 0, matrixUnits = false }: PlanOptions,
): RankedPlan[] {
  const inner = { ...shape, layout };
  const candidates = function* (from: number, to: number): Iterable<Candidate<Stage>> {
    for (const stage of stagesOf(report, chain, [from, to], inner, matrixUnits)) {
      if (stage.how !== "multiply" && allow !== undefined && !allow.includes(stage.how)) continue;
      yield { stage, cost: stageSeconds(report, rates, chain, stage, inner, layout) };
    }
  };
  const ends =
    layout === shape.layout
      ? 0
      : transpositionSeconds(rates, chain.cols, shape) +
        (1 + operands) * transpositionSeconds(rates, chain.rows, shape);
  return divideChain(chain.length, candidates, KEPT).map(({ stages, cost }) => ({
    plan: { layout, stages },
    predictedSeconds: cost + ends,
  }));
}

/** What can become of factors `from` to `to - 1`. */
function stagesOf(
  report: AdapterReport,
  chain: Chain,
  [from, to]: readonly [number, number],
  shape: InputShape,
  matrixUnits: boolean,
): Stage[] {
  if (to - from === 1) return [{ from, to, how: "multiply" }];
  if (!chain.isChainable(from, to)) return [];
  const stages: Stage[] = [];
  const range = Chain.of(chain.patterns.slice(from, to));
  if (fitsMerged(report, range, FLOAT_FORMATS[shape.dtype].bytes))
    stages.push({ from, to, how: "merge" });
  if (matrixUnits && canFuse(report, range, shape, true)) {
    stages.push({ from, to, how: "fuse", matrixUnits });
  } else if (canFuse(report, range, shape, false)) {
    stages.push({ from, to, how: "fuse" });
  }
  return stages;
}

function canFuse(
  report: AdapterReport,
  chain: Chain,
  shape: InputShape,
  matrixUnits: boolean,
): boolean {
  const choose = matrixUnits ? matrixChainVariant : chooseFusedChain;
  return choose(report, { chain, ...shape }) !== undefined;
}

/** Whether the product of a chain is computed on the CPU in a moment, and bound on the device. */
export function fitsMerged({ limits }: AdapterReport, range: Chain, bytes: number): boolean {
  const { nonZeros } = range.product();
  return (
    nonZeros * bytes <= limits.maxStorageBufferBindingSize &&
    nonZeros <= MOST_MERGED_VALUES + range.nonZeros
  );
}
