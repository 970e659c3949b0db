/**
 * Whether models whose layers are butterflies are as accurate as dense ones, trained from scratch on real data.
 *
 *     pnpm experiment:accuracy --task digits,gcn --minutes 60
 *
 * Each kind of layer is tuned by the same number of learning rates and decays with the first seed, and trained with
 * further seeds by those that were best on the validation data. Every training is a line of results/accuracy.jsonl, written when it is
 * done: the same command goes on where it was stopped. results/accuracy.md has the tables of all lines. `--kind` and `--way`
 * train some kinds of layers, and in some ways, alone, such as those of one of two processes.
 *
 *     pnpm experiment:accuracy --time --adapter lavapipe
 *
 * times inference and steps of training of the same models instead, on the CPU and on an adapter, for a machine that does
 * nothing else: results/accuracy-times.json, which the tables have, too.
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import {
  papilioOnAdapter,
  papilioOnCpu,
  trainingOnAdapter,
  trainingOnCpu,
} from "@papilio/bench/models";
import { openGpu } from "@papilio/gpu-runtime/node";
import { LINEAR_KINDS, type LinearKind } from "./linear-kinds.ts";
import { accuracyReport, bestOf, type Line, type Run } from "./report.ts";
import { type Choice, kindsOf, type Settings, settingsFor, type Task } from "./task.ts";
import { characters, charactersLarge } from "./tasks/characters.ts";
import { digits } from "./tasks/digits.ts";
import { nodes } from "./tasks/nodes.ts";
import { stories } from "./tasks/stories.ts";
import { type TimesFile, timeTask } from "./time.ts";
import { trainBest } from "./train.ts";

const TASKS: readonly Task[] = [digits, ...nodes, characters, charactersLarge, stories];
const SEEDS = [0, 1, 2];

const { values: flags } = parseArgs({
  options: {
    task: { type: "string", default: TASKS.map(({ name }) => name).join(",") },
    kind: { type: "string", default: Object.keys(LINEAR_KINDS).join(",") },
    way: { type: "string" },
    minutes: { type: "string", default: "240" },
    time: { type: "boolean", default: false },
    rounds: { type: "string", default: "11" },
    adapter: { type: "string", default: "auto" },
    out: { type: "string", default: join(import.meta.dirname, "../../results/accuracy.jsonl") },
  },
});
const names = flags.task.split(",");
const unknown = names.find((name) => !TASKS.some((task) => task.name === name));
if (unknown !== undefined) throw new Error(`There is no task ${unknown}.`);
const kinds = flags.kind.split(",");
const unknownKind = kinds.find((kind) => !(kind in LINEAR_KINDS));
if (unknownKind !== undefined) throw new Error(`There is no kind of layers ${unknownKind}.`);
const waysAsked = flags.way?.split(",");
const unknownWay = waysAsked?.find((way) => !TASKS.some(({ tried }) => tried?.ways.has(way)));
if (unknownWay !== undefined) throw new Error(`There is no way ${unknownWay}.`);
const end = performance.now() + Number(flags.minutes) * 60_000;

const timesFile = flags.out.replace(/\.jsonl$/, "-times.json");

if (!existsSync(flags.out)) {
  const run: Run = {
    command: "pnpm experiment:accuracy",
    date: new Date().toISOString(),
    node: process.version,
    processors: processorsOf(),
  };
  appendFileSync(flags.out, `${JSON.stringify(run)}\n`);
}
const [run, ...lines] = readFileSync(flags.out, "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line)) as [Run, ...Line[]];
process.on("exit", () => {
  const times = existsSync(timesFile)
    ? (JSON.parse(readFileSync(timesFile, "utf8")) as TimesFile)
    : undefined;
  const report = accuracyReport(run, { lines, times }, TASKS, SEEDS);
  writeFileSync(flags.out.replace(/\.jsonl$/, ".md"), report);
});

const tasks = TASKS.filter(({ name }) => names.includes(name));
if (flags.time) await timeAll(tasks);
for (const task of flags.time ? [] : tasks) {
  const usual = await trainAll(task, undefined, undefined);
  const dense = usual.get("dense");
  const ways = [...(task.tried?.ways.keys() ?? [])].filter(
    (way) => waysAsked === undefined || waysAsked.includes(way),
  );
  if (ways.length > 0 && dense === undefined) {
    throw new Error("Some ways begin with dense layers: give dense among the kinds, too.");
  }
  for (const way of ways) await trainAll(task, way, dense);
}

/** What is timed replaces what was known of it; a task is written when it is done. */
async function timeAll(tasks: readonly Task[]): Promise<void> {
  using gpu = await openGpu({ adapter: flags.adapter });
  const rounds = Number(flags.rounds);
  const forms = { dtypes: ["f32"], layouts: ["batch-last"] } as const;
  const engines = [papilioOnCpu(), papilioOnAdapter(gpu, forms)];
  const training = [trainingOnCpu(), trainingOnAdapter(gpu)];
  for (const task of tasks) {
    const times = await timeTask(task, { engines, training, rounds });
    const before = existsSync(timesFile)
      ? (JSON.parse(readFileSync(timesFile, "utf8")) as TimesFile).times
      : [];
    const file: TimesFile = {
      command: `pnpm experiment:accuracy --time --rounds ${rounds} --adapter ${flags.adapter}`,
      date: new Date().toISOString(),
      node: process.version,
      processors: processorsOf(),
      adapter: gpu.report.name,
      times: [...before.filter((one) => one.task !== task.name), ...times],
    };
    writeFileSync(timesFile, `${JSON.stringify(file)}\n`);
  }
}

function processorsOf(): string {
  return `${availableParallelism()} x ${cpus()[0]?.model ?? "unknown"}`;
}

/**
 * Trains each kind by all settings with the first seed, and then by those that were best for it with the others: of all
 * kinds something is known before more is known of one.
 */
async function trainAll(
  task: Task,
  way: string | undefined,
  dense: Settings | undefined,
): Promise<ReadonlyMap<LinearKind, Settings>> {
  const [first = 0, ...others] = SEEDS;
  const chosen = new Map<LinearKind, Settings>();
  const own = way === undefined ? {} : { way };
  for (const kind of kindsOf(task, way).filter((one) => kinds.includes(one))) {
    const tuned: Line[] = [];
    for (const settings of settingsFor(task, way)) {
      tuned.push(await train(task, { kind, ...own, ...settings, seed: first }, dense));
    }
    const { rate, decay } = bestOf(task, tuned);
    chosen.set(kind, { rate, decay });
  }
  for (const [kind, settings] of chosen) {
    for (const seed of others) await train(task, { kind, ...own, ...settings, seed }, dense);
  }
  return chosen;
}

async function train(task: Task, choice: Choice, dense: Settings | undefined): Promise<Line> {
  const known = lines.find(
    ({ task: name, kind, way, rate, decay, seed }) =>
      name === task.name &&
      kind === choice.kind &&
      way === choice.way &&
      rate === choice.rate &&
      decay === choice.decay &&
      seed === choice.seed,
  );
  if (known !== undefined) return known;
  if (performance.now() > end) {
    console.log("The time is over: the same command goes on.");
    process.exit(0);
  }
  const outcome = await trainBest(choice, await task.training(choice, dense));
  const line = { task: task.name, ...choice, ...outcome };
  lines.push(line);
  appendFileSync(flags.out, `${JSON.stringify(line)}\n`);
  const { validation, test, seconds } = line;
  const way = choice.way === undefined ? "" : `, ${choice.way}`;
  console.log(
    `${task.name} ${choice.kind}${way}, rate ${choice.rate}, decay ${choice.decay}, seed ${choice.seed}: validation ${validation.toFixed(4)}, test ${test.toFixed(4)}, ${seconds.toFixed(0)} s`,
  );
  return line;
}
