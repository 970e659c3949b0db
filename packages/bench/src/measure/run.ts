import { uniform } from "@papilio/butterfly/numeric";
import type { Gpu } from "@papilio/gpu-runtime";
import * as v from "valibot";
import { quantity } from "../analysis/format.ts";
import { shuffle } from "../analysis/statistics.ts";
import {
  callback,
  gpu as gpuShape,
  options as optionsOf,
  rates as ratesShape,
  requireShape,
} from "../arguments/checks.ts";
import { type Case, caseKey, caseName, caseShape, reasonToSkip } from "../cases/case.ts";
import { type Implementation, implementationsShape } from "../implementations/implementation.ts";
import type { BenchResults, CaseResult, Rates, SkippedCase } from "../results/results.ts";
import { memorySchemas } from "../results/results-schema.ts";
import { DurationEstimator } from "./duration-estimator.ts";
import { measureCase } from "./measure.ts";
import { MEASURE_DEFAULTS, type MeasureOptions, measureEntries } from "./measure-options.ts";

/** What becomes of a case. */
export type CaseOutcome =
  | ({ readonly record: "case" } & CaseResult)
  | ({ readonly record: "skip" } & SkippedCase);

export interface RunOptions extends Partial<MeasureOptions> {
  /** Seconds that all cases may take together; without it, as long as they take. */
  readonly timeBudget?: number | undefined;
  /** What the adapter reaches, for predictions. */
  readonly rates?: Rates | null;
  /** What an earlier part of the same run left: its cases are not run again. */
  readonly before?: Pick<BenchResults, "cases" | "skipped"> | undefined;
  /** Called after each case that this part of the run deals with. */
  readonly onOutcome?: (outcome: CaseOutcome, progress: Progress) => void | Promise<void>;
}

const runShape = optionsOf({
  ...measureEntries,
  timeBudget: v.number(),
  rates: v.nullable(ratesShape),
  before: v.object({
    cases: v.array(memorySchemas.caseResult),
    skipped: v.array(memorySchemas.skippedCase),
  }),
  onOutcome: callback,
});

/** How far a run is. */
export interface Progress {
  /** Cases that are measured or skipped, those of earlier parts included. */
  readonly done: number;
  readonly total: number;
  /** Seconds that the measured cases took together. */
  readonly spent: number;
  /** Predicted seconds for the cases that are left, within the budget; undefined before the first. */
  readonly left: number | undefined;
}

/**
 * Runs cases one after the other and hands each outcome over as it comes. A case that the device
 * cannot hold is skipped, with its reason; so is one for which the time budget does not suffice,
 * while cheaper ones go on. Under a budget the cases are run in a random order, drawn from the seed,
 * so that those measured are a fair sample of all.
 *
 * @param gpu without one only what computes on the CPU is measured
 *
 * @returns whether every case has an outcome: false when the signal aborted
 */
export async function runBenchmark(
  gpu: Gpu | undefined,
  cases: readonly Case[],
  implementations: readonly Implementation[],
  options: RunOptions = {},
): Promise<boolean> {
  if (gpu !== undefined) requireShape("The device", gpu, gpuShape);
  requireShape("The cases", cases, v.array(caseShape));
  requireShape("The implementations", implementations, implementationsShape);
  requireShape("The options of runBenchmark", options, runShape);
  const { signal, timeBudget = Number.POSITIVE_INFINITY, maxRunSeconds, before } = options;
  const estimator = new DurationEstimator(implementations, options.rates ?? null);
  for (const item of before?.cases ?? []) estimator.learn(item);
  const settled = new Set(
    [
      ...(before?.cases ?? []),
      ...(before?.skipped ?? []).filter(({ cause }) => cause === "device"),
    ].map(caseName),
  );
  const waiting = cases.filter((item) => !settled.has(caseName(item)));
  const runnable: Case[] = [];
  let done = cases.length - waiting.length;
  const settle = async (outcome: CaseOutcome, left: readonly Case[]): Promise<void> => {
    done++;
    const progress = { done, total: cases.length, spent: estimator.spent };
    await options.onOutcome?.(outcome, { ...progress, left: estimator.left(left, timeBudget) });
  };
  for (const item of waiting) {
    const reason = reasonToSkip(gpu, item);
    if (reason === undefined) runnable.push(item);
    else await settle({ record: "skip", ...caseKey(item), cause: "device", reason }, []);
  }
  if (Number.isFinite(timeBudget)) {
    shuffle(runnable, uniform(options.seed ?? MEASURE_DEFAULTS.seed));
  }
  const refuse = (implementation: Implementation, item: Case): string | undefined => {
    const predicted = estimator.runSeconds(implementation, item);
    return maxRunSeconds === undefined || predicted === undefined || predicted <= maxRunSeconds
      ? undefined
      : `A run is predicted to take ${quantity(predicted, "s")}; the limit is ${quantity(maxRunSeconds, "s")}.`;
  };
  for (const [index, item] of runnable.entries()) {
    if (signal?.aborted) return false;
    const needed = estimator.caseSeconds(item) ?? 0;
    const left = timeBudget - estimator.spent;
    if (needed > left || left <= 0) {
      const reason = `About ${Math.ceil(needed)} s are needed, and ${Math.max(0, Math.floor(left))} s of the budget of ${timeBudget} s are left.`;
      await settle({ record: "skip", ...caseKey(item), cause: "budget", reason }, []);
      continue;
    }
    try {
      const result = await measureCase(gpu, item, implementations, {
        ...options,
        refuse,
        onTooSlow: (...slow) => estimator.observe(...slow),
      });
      estimator.learn(result);
      await settle({ record: "case", ...result }, runnable.slice(index + 1));
    } catch (error) {
      if (signal?.aborted) return false;
      throw error;
    }
  }
  return true;
}
