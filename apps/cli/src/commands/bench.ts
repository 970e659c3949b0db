import {
  implementations as allImplementations,
  assertCaseFits,
  type BenchResults,
  type Case,
  DETAIL_HEAD,
  detailRows,
  expandGrid,
  findImplementation,
  findSuite,
  type Grid,
  hasWrongAnswer,
  MEASURE_DEFAULTS,
  runBenchmark,
  suites,
  summarizeCase,
  summarizeRun,
  summaryLines,
  TABLE_HEAD,
  tableRow,
} from "@papilio/bench";
import { LAYOUTS, Pattern } from "@papilio/butterfly";
import type { AdapterReport } from "@papilio/gpu-runtime";
import { openGpu } from "@papilio/gpu-runtime/node";
import { SingleBar } from "cli-progress";
import Table from "cli-table3";
import { Command } from "commander";
import { describeEnvironment } from "../environment.ts";
import { collect, list, oneOf, wholeNumber } from "../options.ts";
import { assertWritable, writeWhole } from "../output-file.ts";

interface Flags {
  readonly suite: string;
  readonly pattern?: readonly string[];
  readonly batch?: readonly string[];
  readonly dtype?: readonly string[];
  readonly layout?: readonly string[];
  readonly implementation?: readonly string[];
  readonly adapter: string;
  readonly rounds: string;
  readonly seed: string;
  readonly json?: string;
}

/** Up to so many cases are shown with every implementation; more, with one line each. */
const DETAILED = 12;

/** `papilio bench`: verify the implementations, then time them. */
export function benchCommand(): Command {
  return new Command("bench")
    .description("Compare the implementations of the multiplication: verified, then timed.")
    .option("--suite <name>", `cases by name: ${Object.keys(suites).join(", ")}`, "quick")
    .option("--pattern <a,b,c,d>", "a pattern instead of the suite's; may be repeated", collect)
    .option("--batch <sizes>", "batch sizes, separated by commas", list)
    .option("--dtype <types>", "f32, f16, or both", list)
    .option("--layout <layouts>", "batch-first, batch-last, or both", list)
    .option("--implementation <names>", "implementations, separated by commas", list)
    .option("--adapter <name>", "auto, hardware, software, swiftshader, or part of a name", "auto")
    .option("--rounds <count>", "samples of each implementation", `${MEASURE_DEFAULTS.rounds}`)
    .option("--seed <number>", "seed of the random numbers", `${MEASURE_DEFAULTS.seed}`)
    .option("--json <file>", "write the results, raw samples included; - for stdout")
    .addHelpText(
      "after",
      `
Examples:
  papilio bench
  papilio bench --pattern 4,64,64,4 --pattern 1,48,192,2 --batch 128,1024
  papilio bench --suite foundation --json results.json
  papilio bench --adapter swiftshader --implementation kronecker-sparse,bmm

Exit status: 0, or 1 when an implementation gave a wrong answer, or 2 for input that cannot be used.`,
    )
    .action(bench);
}

async function bench(flags: Flags): Promise<void> {
  const grid = gridOf(flags);
  const chosen = flags.implementation?.map(findImplementation) ?? allImplementations;
  const rounds = wholeNumber("--rounds", flags.rounds, 1, 1000);
  const seed = wholeNumber("--seed", flags.seed, 0, 2 ** 31 - 1);
  if (flags.json !== undefined && flags.json !== "-") assertWritable(flags.json);

  using gpu = await openGpu({ adapter: flags.adapter });
  const cases = expandGrid(grid);
  // Cases of a suite that do not fit are skipped; what was asked for by name is refused instead.
  if (flags.pattern !== undefined) for (const item of cases) assertCaseFits(gpu, item);
  console.error(introduction(gpu.report));

  const abort = new AbortController();
  const stop = (): void => abort.abort(new Error("stopped"));
  process.once("SIGINT", stop).once("SIGTERM", stop);
  const results = await withProgress(cases, (onCase) =>
    runBenchmark(
      gpu,
      cases,
      chosen,
      describeEnvironment(gpu.report, `papilio ${process.argv.slice(2).join(" ")}`),
      { ...MEASURE_DEFAULTS, rounds, seed, signal: abort.signal, onCase },
    ),
  );
  process.off("SIGINT", stop).off("SIGTERM", stop);

  if (flags.json !== undefined) await save(results, flags.json);
  if (flags.json !== "-") console.log(render(results));
  if (!results.complete) console.error("Stopped before the last case; what was measured is kept.");
  if (!results.complete || hasWrongAnswer(results)) process.exitCode = 1;
}

function gridOf(flags: Flags): Grid {
  const suite = findSuite(flags.suite);
  return {
    patterns: flags.pattern?.map((text) => Pattern.parse(text)) ?? suite.patterns,
    batches:
      flags.batch?.map((text) => wholeNumber("--batch", text, 1, 2 ** 31 - 1)) ?? suite.batches,
    dtypes: flags.dtype?.map((text) => oneOf("--dtype", text, ["f32", "f16"])) ?? suite.dtypes,
    layouts: flags.layout?.map((text) => oneOf("--layout", text, LAYOUTS)) ?? suite.layouts,
  };
}

function introduction({ name, kind, embedded, driver, passedOver }: AdapterReport): string {
  const lines = [`Adapter: ${name} (${kind}; ${driver})`];
  for (const other of passedOver) lines.push(`  passed over ${other.name}: ${other.reason}`);
  if (kind === "software") {
    lines.push(
      `A software adapter: these are times of the CPU, not of a GPU.${embedded ? " `papilio doctor` says what is faster." : ""}`,
    );
  }
  return lines.join("\n");
}

/** Runs with a bar on stderr, or with a line for each case where that is no terminal. */
async function withProgress(
  cases: readonly Case[],
  run: (onCase: (result: unknown, done: number, total: number) => void) => Promise<BenchResults>,
): Promise<BenchResults> {
  if (!process.stderr.isTTY) {
    return run((_, done, total) => console.error(`${done} of ${total} cases`));
  }
  const bar = new SingleBar({
    format: "{bar} {value} of {total} cases, about {eta_formatted} left",
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
  });
  bar.start(cases.length, 0);
  try {
    return await run((_, done) => bar.update(done));
  } finally {
    bar.stop();
  }
}

async function save(results: BenchResults, path: string): Promise<void> {
  const text = `${JSON.stringify(results)}\n`;
  if (path === "-") process.stdout.write(text);
  else await writeWhole(path, text);
}

/** The table of cases, what they say together, and what went wrong. */
function render(results: BenchResults): string {
  const detailed = results.cases.length <= DETAILED;
  const table = new Table({
    head: [...(detailed ? DETAIL_HEAD : TABLE_HEAD)],
    style: { head: [], border: [], compact: true },
  });
  for (const item of results.cases.map(summarizeCase)) {
    table.push(...(detailed ? detailRows(item) : [tableRow(item)]));
  }
  const lines = [table.toString(), "", ...summaryLines(summarizeRun(results))];
  for (const item of results.cases) {
    for (const entry of item.results) {
      const where = `${entry.implementation} on ${item.pattern} x ${item.batch} ${item.dtype} ${item.layout}`;
      if (entry.status === "skipped") lines.push(`Skipped ${where}: ${entry.reason}`);
      if (entry.status === "wrong") {
        lines.push(
          `WRONG ${where}: error ${entry.verification.maxError} at element ${entry.verification.worstIndex}, ${entry.verification.nonFinite} not finite; not timed.`,
        );
      }
    }
  }
  for (const entry of results.skipped) lines.push(`Skipped ${entry.case}: ${entry.reason}`);
  return lines.join("\n");
}
