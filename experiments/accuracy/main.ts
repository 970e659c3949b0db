/**
 * Whether models whose layers are butterflies are as accurate as dense ones, trained from scratch on real data.
 *
 *     pnpm experiment:accuracy --task digits,gcn --minutes 60
 *
 * Each kind of layer is tuned by the same number of learning rates and decays with the first seed, and trained with
 * further seeds by those that were best on the validation data. Every training is a line of results/accuracy.jsonl, written when it is
 * done: the same command goes on where it was stopped.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import type { LinearKind } from "./linear-kinds.ts";
import { type Choice, isBetter, type Outcome, type Task } from "./task.ts";
import { characters, charactersLarge } from "./tasks/characters.ts";
import { digits } from "./tasks/digits.ts";
import { nodes } from "./tasks/nodes.ts";

const TASKS: readonly Task[] = [digits, ...nodes, characters, charactersLarge];
const SEEDS = [0, 1, 2];

const { values: flags } = parseArgs({
  options: {
    task: { type: "string", default: TASKS.map(({ name }) => name).join(",") },
    minutes: { type: "string", default: "240" },
    out: { type: "string", default: join(import.meta.dirname, "../../results/accuracy.jsonl") },
  },
});
const names = flags.task.split(",");
const unknown = names.find((name) => !TASKS.some((task) => task.name === name));
if (unknown !== undefined) throw new Error(`There is no task ${unknown}.`);
const end = performance.now() + Number(flags.minutes) * 60_000;

type Line = Choice & Outcome & { readonly task: string };
const lines: Line[] = existsSync(flags.out)
  ? readFileSync(flags.out, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Line)
  : [];

for (const task of TASKS.filter(({ name }) => names.includes(name))) {
  for (const kind of task.kinds) {
    const tuned: Line[] = [];
    for (const settings of task.settings) {
      tuned.push(await run(task, { kind, ...settings, seed: SEEDS[0] ?? 0 }));
    }
    const best = tuned.reduce((one, other) =>
      isBetter(task.metric, other.validation, one.validation) ? other : one,
    );
    const found = [best];
    const { rate, decay } = best;
    for (const seed of SEEDS.slice(1)) found.push(await run(task, { kind, rate, decay, seed }));
    summarize(task, kind, found);
  }
}

async function run(task: Task, choice: Choice): Promise<Line> {
  const known = lines.find(
    ({ task: name, kind, rate, decay, seed }) =>
      name === task.name &&
      kind === choice.kind &&
      rate === choice.rate &&
      decay === choice.decay &&
      seed === choice.seed,
  );
  if (known !== undefined) return known;
  if (performance.now() > end) {
    console.log("The time is over: the same command goes on.");
    process.exit(0);
  }
  const line = { task: task.name, ...choice, ...(await task.train(choice)) };
  lines.push(line);
  appendFileSync(flags.out, `${JSON.stringify(line)}\n`);
  const { validation, test, seconds } = line;
  console.log(
    `${task.name} ${choice.kind}, rate ${choice.rate}, decay ${choice.decay}, seed ${choice.seed}: validation ${validation.toFixed(4)}, test ${test.toFixed(4)}, ${seconds.toFixed(0)} s`,
  );
  return line;
}

function summarize({ name }: Task, kind: LinearKind, found: readonly Line[]): void {
  const tests = found.map(({ test }) => test);
  const mean = tests.reduce((sum, test) => sum + test, 0) / tests.length;
  const [least, most] = [Math.min(...tests), Math.max(...tests)];
  const { linearWeights, rate, decay } = found[0] as Line;
  console.log(
    `  ${name} ${kind}: ${mean.toFixed(4)} (${least.toFixed(4)} to ${most.toFixed(4)}), ${linearWeights} weights, rate ${rate}, decay ${decay}`,
  );
}
