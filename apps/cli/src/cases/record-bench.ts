import type { CaseOutcome, Implementation } from "@papilio/bench";
import { hasWrongAnswer } from "@papilio/bench/analysis";
import {
  type BenchResults,
  type Environment,
  type MeasureRecord,
  type RunRecord,
  SCHEMA,
} from "@papilio/bench/results";
import { openResults, type ResultsFile } from "../files/results-file.ts";
import type { Interruption } from "../process/interruption.ts";
import type { Shown, Work } from "../process/kept.ts";
import { note } from "../process/print.ts";
import { showProgress } from "../render/progress.ts";
import { introduction, renderResults } from "../render/render-results.ts";

/** What a benchmark is, wherever its cases are measured. */
export interface BenchPlan {
  readonly flags: Parameters<typeof renderResults>[1] & { readonly json?: string };
  readonly file: ResultsFile;
  readonly options: MeasureRecord;
  readonly implementations: readonly Implementation[];
  readonly notes: readonly string[];
}

/** What measures the cases of a benchmark is given. */
export interface BenchRecorder {
  readonly run: RunRecord;
  /** What an earlier part of the same run left. */
  readonly before: BenchResults | undefined;
  readonly onOutcome: (
    outcome: CaseOutcome,
    progress: { readonly done: number; readonly total: number; readonly left: number | undefined },
  ) => Promise<void>;
}

/** The command, as results files have it. */
export function commandOf(): string {
  return `papilio ${process.argv.slice(2).join(" ")}`;
}

/**
 * Writes what becomes of cases to the results file as it comes, and shows all at the end, or when it is interrupted.
 *
 * @throws PapilioError what `openResults` and `measure` throw; `INTERRUPTED`
 */
export async function recordBench(
  {
    flags,
    file,
    options,
    implementations,
    notes,
    environment,
  }: BenchPlan & { readonly environment: Environment },
  interruption: Interruption,
  measure: (recorder: BenchRecorder) => Promise<void>,
): Promise<void> {
  const { signal } = interruption;
  const run: RunRecord = {
    record: "run",
    schema: SCHEMA,
    environment,
    options,
    implementations: implementations.map(({ name, description, processor = "adapter" }) => ({
      name,
      description,
      processor,
    })),
  };
  await using sink = await openResults(file, run);
  note([introduction(environment, sink.before), ...notes].join("\n"));

  using progress = showProgress();
  const resumed = flags.json === undefined ? "" : " The same command goes on from here.";
  const shown = (results: BenchResults, stderr?: string): Shown => ({
    ...(file === "stdout" ? {} : { stdout: renderResults(results, flags) }),
    ...(stderr === undefined ? {} : { stderr }),
  });
  const soFar: Work = {
    show: () =>
      shown(sink.soFar(), `Stopped before the last case; what was measured is kept.${resumed}`),
  };
  if (sink.before !== undefined) await interruption.keep(soFar);
  signal.addEventListener("abort", () => progress[Symbol.dispose]());
  await measure({
    run,
    before: sink.before,
    onOutcome: async (outcome, { done, total, left }) => {
      using _held = interruption.hold();
      await sink.append(outcome);
      await interruption.keep(soFar);
      if (!signal.aborted) progress.update(done, total, left, outcome);
    },
  });
  signal.throwIfAborted();
  await sink.append({ record: "end", date: new Date().toISOString() });
  progress[Symbol.dispose]();
  const results = await sink.read();
  await interruption.finish({ show: () => shown(results) });
  if (hasWrongAnswer(results)) process.exitCode = 1;
}
