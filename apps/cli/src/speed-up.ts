import { FUSED, findImplementation, measureCase, type Ranked, summarizeCase } from "@papilio/bench";
import { Chain, PapilioError, Pattern } from "@papilio/butterfly";
import { type Gpu, measureRates, type RankedPlan, rankPlans } from "@papilio/gpu-runtime";
import { cacheBytesOf } from "./environment.ts";

/** How much faster a chain is than the dense matrix on an adapter, in float32. */
export interface SpeedUp {
  readonly adapter: string;
  readonly batch: number;
  /** By the cost model, with the plan that it chooses. */
  readonly predicted: number;
  /** Undefined where it was not asked for. */
  readonly measured: MeasuredSpeedUp | undefined;
}

interface MeasuredSpeedUp {
  /** The faster way for the chain. */
  readonly implementation: string;
  /** Median time of the dense multiplication over that of the chain. */
  readonly ratio: number;
  /** The same of the ends of their intervals. */
  readonly lower: number;
  readonly upper: number;
}

/**
 * Compares a chain with the dense matrix by the cost model, and by a measurement of a few seconds.
 *
 * @throws PapilioError `BUFFER_TOO_LARGE`; `GPU_WRONG_ANSWER` when a multiplication fails its check
 */
export async function speedUpOf(
  gpu: Gpu,
  chain: Chain,
  batch: number,
  measure: boolean,
): Promise<SpeedUp> {
  const item = { chain, batch, dtype: "f32", layout: "batch-last" } as const;
  const rates = await measureRates(gpu);
  const dense = Chain.of([new Pattern(1, chain.rows, chain.cols, 1)]);
  const seconds = (one: Chain): number =>
    (rankPlans(gpu.report, one, item, { rates })[0] as RankedPlan).predictedSeconds;
  const predicted = seconds(dense) / seconds(chain);
  const compared = { adapter: gpu.report.name, batch, predicted };
  if (!measure) return { ...compared, measured: undefined };
  const contenders = ["dense", FUSED, "planned"].map(findImplementation);
  const cacheBytes = cacheBytesOf(gpu) ?? 0;
  const { ranking } = summarizeCase(await measureCase(gpu, item, contenders, { cacheBytes }));
  const whole = ranking.find(({ implementation }) => implementation === "dense");
  const fastest = ranking.find(({ implementation }) => implementation !== "dense");
  if (whole === undefined || fastest === undefined) {
    throw new PapilioError(
      "GPU_WRONG_ANSWER",
      `Of ${contenders.length} implementations only ${ranking.length} passed their check on ${gpu.report.name}.`,
      "Run papilio bench with this chain to see why, and please report it.",
    );
  }
  return { ...compared, measured: ratioOf(whole, fastest) };
}

function ratioOf(dense: Ranked, chain: Ranked): MeasuredSpeedUp {
  return {
    implementation: chain.implementation,
    ratio: dense.time.median / chain.time.median,
    lower: dense.time.lower / chain.time.upper,
    upper: dense.time.upper / chain.time.lower,
  };
}
