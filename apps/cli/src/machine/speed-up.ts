import {
  cpuImplementations,
  findImplementation,
  type Implementation,
  measureCase,
} from "@papilio/bench";
import { FUSED, type Ranked, summarizeCase } from "@papilio/bench/analysis";
import type { CaseResult } from "@papilio/bench/results";
import { Chain, PapilioError, Pattern } from "@papilio/butterfly";
import type { Gpu } from "@papilio/gpu-runtime";
import { choosePlace, type Machine, type MeasuredPlaces, type Place } from "@papilio/nn/placement";
import { cacheBytesOf } from "./environment.ts";

/** How much faster a chain is than the dense matrix, in float32, and where. */
export interface SpeedUp {
  /** Where the chain is multiplied faster, and why there. */
  readonly place: Place;
  readonly reason: string;
  /** Name of the adapter; null without one. */
  readonly adapter: string | null;
  readonly batch: number;
  /** By the cost model of the place: the chain's fastest plan, the dense matrix in the same place. */
  readonly predicted: number;
  /** Undefined where it was not asked for. */
  readonly measured: MeasuredSpeedUp | undefined;
}

interface MeasuredSpeedUp {
  /** The fastest way for the chain. */
  readonly implementation: string;
  /** Median time of the dense multiplication in the same place over that of the chain. */
  readonly ratio: number;
  /** The same of the ends of their intervals. */
  readonly lower: number;
  readonly upper: number;
}

type Case = Parameters<typeof measureCase>[1];

/**
 * Predicts how much faster a chain is than the dense matrix, in the place in which it is multiplied faster.
 *
 * @param only the one place that comes into question, where somebody named it
 */
export function predictSpeedUp(
  machine: Machine,
  chain: Chain,
  batch: number,
  { only, measured = {} }: { only?: Place | undefined; measured?: MeasuredPlaces } = {},
): SpeedUp {
  const shape = { batch, dtype: "f32", layout: "batch-last" } as const;
  const choice = choosePlace({ products: [{ chain, ...shape }] }, machine, measured);
  const whole = choosePlace({ products: [{ chain: denseOf(chain), ...shape }] }, machine);
  const model = choosePlace({ products: [{ chain, ...shape }] }, machine);
  const place = only ?? choice.place;
  const [above, below] = [whole.seconds[place], model.seconds[place]];
  return {
    place,
    reason: only === undefined ? choice.reason : "it was named",
    adapter: machine.adapter?.name ?? null,
    batch,
    predicted: above === null || below === null ? Number.NaN : above / below,
    measured: undefined,
  };
}

/**
 * Measures the same, in a few seconds: on the adapter and on the CPU, unless one of them was named.
 *
 * @throws PapilioError `BUFFER_TOO_LARGE`; `GPU_SELF_TEST_FAILED` when a multiplication fails its check
 */
export async function measureSpeedUp(
  gpu: Gpu,
  chain: Chain,
  batch: number,
  only: Place | undefined,
): Promise<SpeedUp> {
  const item = { chain, batch, dtype: "f32", layout: "batch-last" } as const;
  const onAdapter = ["dense", FUSED, "planned"].map((name) => findImplementation(name));
  const onCpu = only === "gpu" ? [] : cpuImplementations;
  const results = await measure(gpu, item, [...(only === "cpu" ? [] : onAdapter), ...onCpu]);
  const { ranking } = summarizeCase(results);
  const beside = new Set(onCpu.map(({ name }) => name));
  const fastest = ranking.find(({ implementation }) => implementation !== "dense");
  if (fastest === undefined) throw noneRight(gpu);
  const place = beside.has(fastest.implementation) ? "cpu" : "gpu";
  const dense =
    place === "gpu"
      ? ranking.find(({ implementation }) => implementation === "dense")
      : summarizeCase(await measure(gpu, { ...item, chain: denseOf(chain) }, onCpu)).ranking[0];
  if (dense === undefined) throw noneRight(gpu);
  const best = (where: Place): number | undefined =>
    ranking.find(
      ({ implementation }) =>
        implementation !== "dense" && beside.has(implementation) === (where === "cpu"),
    )?.time.median;
  const [cpuSeconds, gpuSeconds] = [best("cpu"), best("gpu")];
  const measured = {
    ...(cpuSeconds === undefined ? {} : { cpu: cpuSeconds }),
    ...(gpuSeconds === undefined ? {} : { gpu: gpuSeconds }),
  };
  return {
    ...predictSpeedUp({ adapter: gpu.report }, chain, batch, { only, measured }),
    measured: ratioOf(dense, fastest),
  };
}

function measure(
  gpu: Gpu,
  item: Case,
  implementations: readonly Implementation[],
): Promise<CaseResult> {
  return measureCase(gpu, item, implementations, { cacheBytes: cacheBytesOf(gpu) ?? 0 });
}

function denseOf({ rows, cols }: Chain): Chain {
  return Chain.of([new Pattern(1, rows, cols, 1)]);
}

function noneRight(gpu: Gpu): PapilioError {
  return new PapilioError(
    "GPU_SELF_TEST_FAILED",
    `A multiplication that is needed for the comparison failed its check on ${gpu.report.name}.`,
    "Run papilio bench with this chain to see why, and please report it.",
  );
}

function ratioOf(dense: Ranked, chain: Ranked): MeasuredSpeedUp {
  return {
    implementation: chain.implementation,
    ratio: dense.time.median / chain.time.median,
    lower: dense.time.lower / chain.time.upper,
    upper: dense.time.upper / chain.time.lower,
  };
}
