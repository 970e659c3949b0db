import { LINEAR_KINDS, type LinearKind } from "./linear-kinds.ts";
import { type Choice, isBetter, type Outcome, type Task } from "./task.ts";

/** The first line of the file: what made the others. */
export interface Run {
  readonly command: string;
  readonly date: string;
  readonly node: string;
  readonly processors: string;
}

/** One training. */
export type Line = Choice & Outcome & { readonly task: string };

/** The training with the best validation. */
export function bestOf({ metric }: Task, lines: readonly Line[]): Line {
  return lines.reduce((one, other) =>
    isBetter(metric, other.validation, one.validation) ? other : one,
  );
}

/**
 * What trainings found, as Markdown: for each task its kinds of layers, by the settings that were best with the first
 * seed, and what is missing yet.
 */
export function accuracyReport(
  { command, date, node, processors }: Run,
  lines: readonly Line[],
  tasks: readonly Task[],
  seeds: readonly number[],
): string {
  const begun = tasks.filter(({ name }) => lines.some(({ task }) => task === name));
  const missing = tasks.flatMap((task) => missingOf(task, lines, seeds));
  const gaps =
    missing.length === 0
      ? ""
      : `\n## What is missing\n\nNot trained yet; the same command goes on: ${missing.join("; ")}.\n`;
  return `# Accuracy: butterflies beside dense layers

Made by \`${command}\`, begun on ${date.slice(0, 10)}, Node ${node}, ${processors}. Models are trained from scratch. Each kind of layer is tuned by as many settings, with the first seed, by the validation data; the best are trained with ${seeds.length} seeds. The test data are looked at once, with the model that was best on the validation data. Weights are those of linear layers.

${begun.map((task) => sectionOf(task, lines, seeds)).join("\n")}${gaps}`;
}

function sectionOf(task: Task, lines: readonly Line[], seeds: readonly number[]): string {
  const isAccuracy = task.metric === "accuracy";
  const show = (value: number): string =>
    isAccuracy ? `${(100 * value).toFixed(1)} %` : value.toFixed(3);
  const kinds = task.kinds.flatMap((kind) => {
    const found = trainingsOf(task, kind, lines, seeds);
    return found.length === 0 ? [] : [{ kind, found, mean: meanOf(found) }];
  });
  const dense = kinds.find(({ kind }) => kind === "dense");
  const rows = kinds.map(({ kind, found, mean }) => {
    const tests = found.map(({ test }) => test);
    const [{ linearWeights, rate, decay }] = found as [Line];
    const share =
      dense === undefined
        ? "-"
        : `${((100 * linearWeights) / (dense.found[0] as Line).linearWeights).toFixed(1)} %`;
    const beside =
      dense === undefined || kind === "dense"
        ? "-"
        : isAccuracy
          ? `${signed(100 * (mean - dense.mean), 1)} points`
          : `${signed(100 * (mean / dense.mean - 1), 1)} %`;
    const range = `${show(Math.min(...tests))} to ${show(Math.max(...tests))}`;
    const settings = `rate ${rate}, decay ${decay}`;
    return [LINEAR_KINDS[kind], share, show(mean), range, beside, String(tests.length), settings];
  });
  const what = isAccuracy ? "accuracy" : "loss, nats a character";
  const head = [
    "layers",
    "weights",
    `test ${what}, mean`,
    "range",
    "beside dense",
    "seeds",
    "settings",
  ];
  return `## ${task.name}: ${task.description}\n\n${table(head, rows)}\n`;
}

/** Trainings of a kind by the settings that were chosen; none before all settings were tried. */
function trainingsOf(
  task: Task,
  kind: LinearKind,
  lines: readonly Line[],
  [first]: readonly number[],
): readonly Line[] {
  const own = lines.filter((line) => line.task === task.name && line.kind === kind);
  const tuned = own.filter(({ seed }) => seed === first);
  if (tuned.length < task.settings.length) return [];
  const { rate, decay } = bestOf(task, tuned);
  return own.filter((line) => line.rate === rate && line.decay === decay);
}

function missingOf(task: Task, lines: readonly Line[], seeds: readonly number[]): string[] {
  return task.kinds.flatMap((kind) => {
    const found = trainingsOf(task, kind, lines, seeds).length;
    if (found === seeds.length) return [];
    return [
      `${task.name} ${kind}${found === 0 ? "" : ` (${found} of ${seeds.length} seeds are there)`}`,
    ];
  });
}

function meanOf(lines: readonly Line[]): number {
  return lines.reduce((sum, { test }) => sum + test, 0) / lines.length;
}

function signed(value: number, digits: number): string {
  return `${value > 0 ? "+" : ""}${value.toFixed(digits)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
