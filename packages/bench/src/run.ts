import type { Gpu } from "@papilio/gpu-runtime";
import { type Case, caseName, reasonToSkip } from "./case.ts";
import type { Implementation } from "./implementation.ts";
import { type MeasureOptions, measureCase } from "./measure.ts";
import { type BenchResults, type CaseResult, type Environment, SCHEMA } from "./results.ts";

export interface RunOptions extends MeasureOptions {
  /** Called after each case, with the results so far. */
  readonly onCase?: (result: CaseResult | undefined, done: number, total: number) => void;
}

/**
 * Runs cases one after the other. A case that the device cannot hold is skipped, with its reason.
 * When the signal aborts, the cases measured so far are returned, marked as not complete.
 */
export async function runBenchmark(
  gpu: Gpu,
  cases: readonly Case[],
  implementations: readonly Implementation[],
  environment: Environment,
  options: RunOptions,
): Promise<BenchResults> {
  const { rounds, minSample, seed, signal, onCase } = options;
  const measured: CaseResult[] = [];
  const skipped: { case: string; reason: string }[] = [];
  const finish = (complete: boolean): BenchResults => ({
    schema: SCHEMA,
    environment,
    options: { rounds, minSample, seed },
    cases: measured,
    skipped,
    complete,
  });
  for (const [index, item] of cases.entries()) {
    if (signal?.aborted) return finish(false);
    const reason = reasonToSkip(gpu, item);
    let result: CaseResult | undefined;
    if (reason !== undefined) skipped.push({ case: caseName(item), reason });
    else {
      try {
        result = await measureCase(gpu, item, implementations, options);
      } catch (error) {
        if (signal?.aborted) return finish(false);
        throw error;
      }
      measured.push(result);
    }
    onCase?.(result, index + 1, cases.length);
  }
  return finish(true);
}

/** Whether any implementation gave a wrong answer. */
export function hasWrongAnswer(results: BenchResults): boolean {
  return results.cases.some((item) => item.results.some(({ status }) => status === "wrong"));
}
