import { choosePlace, type MeasuredPlaces } from "@papilio/nn/placement";
import { estimateMedian } from "../analysis/statistics.ts";
import { type Case, caseName, singleDtypeOf } from "../cases/case.ts";
import { cpuWasm } from "../implementations/cpu-wasm.ts";
import { implementations } from "../implementations/registry.ts";
import { bare, predictedSeconds } from "./certainty.ts";
import type { Interpolated, Interpolator } from "./interpolate.ts";
import type { LeftOut, Validation } from "./leave-one-out.ts";
import type { Observations, Observed } from "./observations.ts";
import { isModelled, predictSeconds } from "./predict.ts";
import type { Candidate, SelectContext } from "./question.ts";

/** A candidate, with what its time is from. */
export interface RankedCandidate extends Candidate {
  readonly samples: readonly number[] | undefined;
  readonly source: Observed | undefined;
  readonly interpolated: Interpolated | undefined;
}

/** What was found out once for many questions. */
export interface Prepared {
  readonly context: SelectContext;
  readonly observations: Observations;
  readonly interpolator: Interpolator;
  /** How good predictions are, computed when a question first needs it. */
  validation(leftOut: LeftOut): Validation;
}

/** The run that timed most of the implementations on this very case; of equals, the latest. */
function exactCase({ cases }: Observations, item: Case): Observed | undefined {
  const name = caseName(item);
  return cases
    .filter((source) => source.name === name)
    .sort((p, q) => q.timed.length - p.timed.length || q.date.localeCompare(p.date))[0];
}

/** Those that were timed on the very case. */
export function measuredCandidates(item: Case, { observations }: Prepared): RankedCandidate[] {
  const source = exactCase(observations, item);
  return (source?.timed ?? []).map((entry) => {
    const samples = entry.timing[observations.clock];
    return {
      implementation: entry.implementation,
      layout: item.layout,
      seconds: estimateMedian(samples),
      basis: "measured",
      samples,
      source,
      interpolated: undefined,
    };
  });
}

/** From other cases: those that the very case does not tell of, not even that they failed. */
export function interpolatedCandidates(
  item: Case,
  { observations, interpolator, validation }: Prepared,
  leftOut: LeftOut,
): RankedCandidate[] {
  const reported = exactCase(observations, item)?.result.results.map(
    (entry) => entry.implementation,
  );
  return interpolator.implementations
    .filter((implementation) => !reported?.includes(implementation))
    .flatMap((implementation) => {
      const prediction = interpolator.predict(implementation, item);
      if (prediction === undefined) return [];
      return [
        {
          implementation,
          layout: item.layout,
          seconds: predictedSeconds(validation(leftOut), implementation, prediction.seconds),
          basis: "interpolated" as const,
          samples: undefined,
          source: undefined,
          interpolated: prediction,
        },
      ];
    });
}

/** By the cost model and the adapter's rates alone. */
export function modelledCandidates(item: Case, context: SelectContext): RankedCandidate[] {
  const { rates, filter = () => true } = context;
  if (rates === undefined) return [];
  const onAdapter = implementations
    .filter(({ name }) => isModelled(name) && filter(name))
    .map(({ name }) => ({ name, seconds: predictSeconds(name, item, rates) }));
  const { gpu, cpu } = placesOf(item, context);
  // The roofline tells implementations apart; how far they stay below it, the place's model knows.
  const least = Math.min(...onAdapter.map(({ seconds }) => seconds));
  const slower = gpu === null ? 1 : Math.max(1, gpu / least);
  return [
    ...onAdapter.map(({ name, seconds }) => byModel(name, item, slower * seconds)),
    ...(filter(cpuWasm.name) ? [byModel(cpuWasm.name, item, cpu)] : []),
  ];
}

/** The CPU backend by its cost model, where the results do not tell of it, not even that it failed. */
export function cpuCandidate(
  item: Case,
  known: readonly RankedCandidate[],
  { context, observations }: Prepared,
): RankedCandidate[] {
  const { name } = cpuWasm;
  const reported = exactCase(observations, item)?.result.results.some(
    ({ implementation }) => implementation === name,
  );
  const has = known.some(({ implementation }) => implementation === name);
  if (reported || has || context.filter?.(name) === false) return [];
  const best = known.reduce(
    (least, { seconds }) => Math.min(least, seconds.median),
    Number.POSITIVE_INFINITY,
  );
  return [byModel(name, item, placesOf(item, context, { gpu: best }).cpu)];
}

/** Seconds of a case on the adapter, null where it cannot hold it, and on the CPU. */
function placesOf(
  item: Case,
  { adapter, rates, threads }: SelectContext,
  measuredSeconds: MeasuredPlaces = {},
): { readonly gpu: number | null; readonly cpu: number } {
  const { seconds } = choosePlace(
    { products: [{ ...item, dtype: singleDtypeOf(item) }] },
    {
      adapter: adapter ?? undefined,
      ...(rates === undefined ? {} : { rates }),
      ...(threads === undefined ? {} : { threads }),
    },
    measuredSeconds,
  );
  return { gpu: seconds.gpu, cpu: seconds.cpu as number };
}

function byModel(implementation: string, { layout }: Case, seconds: number): RankedCandidate {
  return {
    implementation,
    layout,
    seconds: bare(seconds),
    basis: "model",
    samples: undefined,
    source: undefined,
    interpolated: undefined,
  };
}
