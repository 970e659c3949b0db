import {
  assertCaseFits,
  findSuite,
  type Implementation,
  MEASURE_DEFAULTS,
  OPERATIONS,
  type Operation,
  runBenchmark,
  suites,
} from "@papilio/bench";
import { openEnergyMeter } from "@papilio/bench/node";
import { PapilioError } from "@papilio/butterfly";
import { openGpu } from "@papilio/gpu-runtime/node";
import { Command } from "commander";
import { benchKind } from "../cases/case-queue.ts";
import { dealBench } from "../cases/deal-bench.ts";
import { commandOf, recordBench } from "../cases/record-bench.ts";
import { findResultsFile } from "../files/results-file.ts";
import { type CaseFlags, casesOf } from "../flags/cases.ts";
import { exitStatuses } from "../flags/exit-statuses.ts";
import { findImplementations } from "../flags/implementations.ts";
import { collect, duration, list, oneOf, wholeNumber } from "../flags/options.ts";
import { NATS_HELP } from "../jobs/nats.ts";
import { describeEnvironment } from "../machine/environment.ts";
import type { Interruption } from "../process/interruption.ts";

interface Flags extends CaseFlags {
  readonly operation?: string;
  readonly implementation?: readonly string[];
  readonly backend: string;
  readonly adapter: string;
  readonly rounds: string;
  readonly seed: string;
  readonly timeBudget?: string;
  readonly maxRun?: string | false;
  readonly wide?: boolean;
  readonly energy: boolean;
  readonly json?: string;
  readonly nats?: string;
}

/** Most seconds of a run where neither a flag nor a suite says otherwise. */
const MAX_RUN_SECONDS = 1;

/** `papilio bench`: verify the implementations, then time them. */
export function benchCommand(interruption: Interruption): Command {
  return new Command("bench")
    .description("Compare the implementations of the multiplication: verified, then timed.")
    .option("--suite <name>", `cases by name: ${Object.keys(suites).join(", ")}`, "quick")
    .option(
      "--operation <name>",
      "multiply; gradient: of a factor's values, from inputs and gradients of outputs; or adapt: by a weight that a butterfly adapter rotates (the suite's, or multiply)",
    )
    .option(
      "--pattern <a,b,c,d>",
      "a pattern instead of the suite's, or a chain of them separated by semicolons; may be repeated",
      collect,
    )
    .option("--batch <sizes>", "batch sizes, separated by commas", list)
    .option("--dtype <types>", "f32, f16, f64, separated by commas; f64 on the CPU alone", list)
    .option("--layout <layouts>", "batch-first, batch-last, or both", list)
    .option("--filter <text>", "only cases whose name contains it, such as 'f32 batch-last'")
    .option("--shard <i/n>", "only every n-th case, from the i-th on")
    .option(
      "--implementation <names>",
      "implementations, separated by commas; a path, such as ./mine.ts, adds one of your own",
      list,
    )
    .option(
      "--backend <name>",
      "only implementations on the GPU (gpu) or on the CPU (cpu, which opens no adapter); auto compares both",
      "auto",
    )
    .option("--adapter <name>", "auto, hardware, software, swiftshader, or part of a name", "auto")
    .option("--nats <address>", `have workers measure (papilio worker --bench): ${NATS_HELP}`)
    .option("--rounds <count>", "samples of each implementation", `${MEASURE_DEFAULTS.rounds}`)
    .option("--seed <number>", "seed of the random numbers", `${MEASURE_DEFAULTS.seed}`)
    .option(
      "--time-budget <time>",
      "for all cases together, such as 70m; a resumed run goes on in it",
    )
    .option(
      "--max-run <time>",
      "skip an implementation whose run takes longer; 100ms for the suite quick, else 1s",
    )
    .option("--no-max-run", "wait for every implementation, however slow")
    .option("--wide", "show every implementation of every case, in more than 80 columns")
    .option("--no-energy", "do not measure energy, which takes two seconds an implementation")
    .option(
      "--json <file>",
      "append the results, raw samples included, as JSON Lines; a stopped run goes on; - for stdout",
    )
    .addHelpText(
      "after",
      `
Examples:
  papilio bench
  papilio bench --pattern 4,64,64,4 --pattern "1,32,32,32;32,32,32,1" --batch 128,1024
  papilio bench --suite paper --time-budget 1h --max-run 2s --json paper.jsonl
  papilio bench --operation gradient --pattern 4,64,64,4
  papilio bench --suite adapters --filter 1,768 --json adapters.jsonl
  papilio bench --suite paper --nats nats://10.0.0.1:4222 --json paper.jsonl
  papilio bench --adapter swiftshader --implementation kronecker-sparse,bmm,./mine.ts

${exitStatuses("an implementation gave a wrong answer")}`,
    )
    .action((flags: Flags, given: Command) => {
      if (flags.nats !== undefined) requireDealt(flags, given);
      return bench(flags, interruption);
    });
}

async function bench(flags: Flags, interruption: Interruption): Promise<void> {
  const cases = casesOf(flags, operationOf(flags));
  const options = {
    rounds: wholeNumber("--rounds", flags.rounds, 1, 1000),
    minSample: MEASURE_DEFAULTS.minSample,
    seed: wholeNumber("--seed", flags.seed, 0, 2 ** 31 - 1),
    maxRunSeconds: maxRunOf(flags),
  };
  const timeBudget =
    flags.timeBudget === undefined ? undefined : duration("--time-budget", flags.timeBudget);
  const file = await findResultsFile(flags.json, flags.implementation ?? []);
  const backend = oneOf("--backend", flags.backend, ["auto", "gpu", "cpu"]);
  const { implementations: found, notes } = await findImplementations(
    flags.implementation,
    cases,
    operationOf(flags),
  );
  const implementations = found.filter(({ processor }) => isOf(backend, processor));
  const plan = { flags, file, options, implementations, notes };
  if (flags.nats !== undefined) {
    const kind = benchKind(backend === "cpu" ? "cpu" : "gpu");
    return await dealBench(flags.nats, { ...plan, kind, cases }, interruption);
  }
  using gpu = backend === "cpu" ? undefined : await openGpu({ adapter: flags.adapter });
  // Cases of a suite that do not fit are skipped; what was asked for by name is refused instead.
  if (flags.pattern !== undefined) for (const item of cases) assertCaseFits(gpu, item);
  const { signal } = interruption;
  const search = flags.energy
    ? await openEnergyMeter(gpu?.report ?? null)
    : { reason: "The command had --no-energy." };
  await using meter = "meter" in search ? search.meter : undefined;
  const environment = await describeEnvironment(gpu, commandOf(), search);
  await recordBench({ ...plan, environment }, interruption, async ({ before, onOutcome }) => {
    await runBenchmark(gpu, cases, implementations, {
      ...options,
      maxRunSeconds: options.maxRunSeconds ?? undefined,
      timeBudget,
      cacheBytes: environment.cacheBytes ?? 0,
      clockStep: Math.max(environment.clockSteps.device ?? 0, environment.clockSteps.wall ?? 0),
      rates: environment.rates,
      meter: meter && ((work) => meter.measure(work, { signal })),
      before,
      signal,
      onOutcome,
    });
  });
}

/** @throws PapilioError `FLAG_INVALID` for what workers do not do */
function requireDealt({ implementation = [] }: Flags, given: Command): void {
  const own = implementation.find((name) => /[/\\.]/.test(name));
  const ofOne = ["adapter", "timeBudget", "energy"].find(
    (name) => given.getOptionValueSource(name) === "cli",
  );
  const named = given.options.find((one) => one.attributeName() === ofOne)?.long;
  if (own === undefined && named === undefined) return;
  throw new PapilioError(
    "FLAG_INVALID",
    `With --nats workers measure, and ${named ?? own} is of one machine.`,
    "Leave it out: workers have an adapter of their own, and measure no energy.",
  );
}

/** Whether an implementation computes where the flag says. */
function isOf(backend: "auto" | "gpu" | "cpu", processor: Implementation["processor"]): boolean {
  return backend === "auto" || (backend === "cpu") === (processor === "cpu");
}

function operationOf({ operation, pattern, suite }: Flags): Operation {
  if (operation !== undefined) return oneOf("--operation", operation, OPERATIONS);
  return (pattern === undefined ? findSuite(suite).operation : undefined) ?? "multiply";
}

/** Most seconds of a run: the flag's, else those of the suite, if its cases are asked for; null without limit. */
function maxRunOf({ maxRun, pattern, suite }: Flags): number | null {
  if (maxRun === false) return null;
  if (maxRun !== undefined) return duration("--max-run", maxRun);
  return (pattern === undefined ? findSuite(suite).maxRunSeconds : undefined) ?? MAX_RUN_SECONDS;
}
