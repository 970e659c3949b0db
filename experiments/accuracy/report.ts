import { quantity } from "@papilio/bench/analysis";
import { formatBytes } from "@papilio/butterfly/errors";
import { LINEAR_KINDS, type LinearKind } from "./linear-kinds.ts";
import { sizesOf } from "./sizes.ts";
import { table } from "./table.ts";
import { type Choice, isBetter, kindsOf, type Outcome, type Task } from "./task.ts";
import type { TimesFile } from "./time.ts";
import { timesNote, timesOf } from "./times-report.ts";

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

/** Trainings, and times where they were measured. */
interface Measured {
  readonly lines: readonly Line[];
  readonly times: TimesFile | undefined;
}

/**
 * What trainings found, as Markdown: for each task its kinds of layers, by the settings that were best with the first
 * seed, and what is missing yet.
 */
export function accuracyReport(
  { command, date, node, processors }: Run,
  { lines, times }: Measured,
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

Made by \`${command}\`, begun on ${date.slice(0, 10)}, Node ${node}, ${processors}. Models are trained from scratch. Each kind of layer is tuned by as many settings, with the first seed, by the validation data; the best are trained with ${seeds.length} seeds. The test data are looked at once, with the model that was best on the validation data. Weights are those of linear layers, bytes those of all parameters in float32, and FLOPs the arithmetic of a run of the trained model.

${bestSection(begun, lines, seeds)}${timesNote(times)}${begun.map((task) => `${sectionOf(task, lines, seeds)}${timesOf(task, times)}`).join("\n")}${gaps}`;
}

/** The way in which each kind of layers, of its usual weights, came nearest to dense ones, by the validation data. */
function bestSection(
  tasks: readonly Task[],
  lines: readonly Line[],
  seeds: readonly number[],
): string {
  const rows = tasks.flatMap((task) => {
    const usual = meansOf(task, undefined, lines, seeds);
    const [dense, ...others] = usual;
    if (dense?.kind !== "dense") return [];
    return others.map((plain) => {
      const ways = [...(task.tried?.ways ?? [])].flatMap(([way, { description }]) =>
        meansOf(task, way, lines, seeds)
          .filter(({ kind, found }) => kind === plain.kind && found.length === seeds.length)
          .filter(({ found }) => weightsOf(found) === weightsOf(plain.found))
          .map((mean) => ({ ...mean, description })),
      );
      const best = [{ ...plain, description: "from scratch" }, ...ways].reduce((one, other) =>
        isBetter(task.metric, validationOf(other.found), validationOf(one.found)) ? other : one,
      );
      const share = shareOf([weightsOf(best.found) / weightsOf(dense.found)]);
      return [
        ...[task.name, LINEAR_KINDS[plain.kind], share, best.description],
        ...[shown(task, dense.mean), shown(task, best.mean)],
        besideOf(task, best.mean, dense.mean),
      ];
    });
  });
  const head = ["task", "layers", "weights", "trained", "dense", "butterfly", "beside dense"];
  return `## The best of each

Of the ways to train that the sections below compare, the one that was best on the validation data in the mean over seeds; dense layers are always trained from scratch. Tasks in % are accuracies, the others nats.

${table(head, rows)}

`;
}

function weightsOf([first]: readonly Line[]): number {
  return first?.linearWeights ?? 0;
}

function validationOf(found: readonly Line[]): number {
  return meanOf(found.map(({ validation }) => validation));
}

function sectionOf(task: Task, lines: readonly Line[], seeds: readonly number[]): string {
  const isAccuracy = task.metric === "accuracy";
  const kinds = meansOf(task, undefined, lines, seeds);
  const dense = kinds.find(({ kind }) => kind === "dense");
  const agrees = kinds.some(({ found }) => found.some(({ agreement }) => agreement !== undefined));
  const rows = kinds.map(({ kind, found, mean }) => {
    const { linearWeights, bytes, flops } = sizesOf(task.inference(kind));
    const most = dense?.found[0]?.linearWeights;
    return [
      LINEAR_KINDS[kind],
      `${linearWeights}${most === undefined ? "" : ` (${shareOf([linearWeights / most])})`}`,
      formatBytes(bytes),
      quantity(flops, "FLOP"),
      shown(task, mean),
      rangeOf(task, found),
      kind === "dense" ? "-" : besideOf(task, mean, dense?.mean),
      ...(agrees ? [shareOf(found.map(({ agreement = 0 }) => agreement))] : []),
      String(found.length),
      settingsOf(found),
    ];
  });
  const head = [
    "layers",
    "weights",
    "bytes",
    `FLOPs, ${task.unit}`,
    `test ${isAccuracy ? "accuracy" : `loss, nats a ${task.token}`}, mean`,
    "range",
    "beside dense",
    ...(agrees ? ["same next token as the teacher"] : []),
    "seeds",
    "settings",
  ];
  const section = `## ${task.name}: ${task.description}\n\n${table(head, rows)}\n`;
  const rowsTried = waysOf(task, lines, seeds);
  return rowsTried.length === 0
    ? section
    : `${section}\n${triedText(task.tried?.note ?? "", rowsTried)}\n`;
}

interface Mean {
  readonly kind: LinearKind;
  readonly found: readonly Line[];
  readonly mean: number;
}

/** Kinds of layers that were trained in a way, by the settings that were best. */
function meansOf(
  task: Task,
  way: string | undefined,
  lines: readonly Line[],
  seeds: readonly number[],
): readonly Mean[] {
  return kindsOf(task, way).flatMap((kind) => {
    const found = trainingsOf(task, { kind, way }, lines, seeds);
    return found.length === 0 ? [] : [{ kind, found, mean: meanOf(found.map(({ test }) => test)) }];
  });
}

/** Rows of what was tried beside the usual way. */
function waysOf(
  task: Task,
  lines: readonly Line[],
  seeds: readonly number[],
): readonly (readonly string[])[] {
  const usual = meansOf(task, undefined, lines, seeds);
  const meanOfKind = (kind: LinearKind): number | undefined =>
    usual.find((one) => one.kind === kind)?.mean;
  const dense = usual.find(({ kind }) => kind === "dense");
  const most = dense?.found[0]?.linearWeights;
  return [...(task.tried?.ways ?? [])].flatMap(([way, { description }]) =>
    meansOf(task, way, lines, seeds).map(({ kind, found, mean }) => [
      description,
      LINEAR_KINDS[kind],
      most === undefined ? "-" : shareOf([weightsOf(found) / most]),
      shown(task, mean),
      rangeOf(task, found),
      besideOf(task, mean, meanOfKind(kind)),
      besideOf(task, mean, dense?.mean),
      String(found.length),
      settingsOf(found),
    ]),
  );
}

function triedText(note: string, rows: readonly (readonly string[])[]): string {
  const head = [
    "what was tried",
    "layers",
    "weights",
    "test, mean",
    "range",
    "gain",
    "beside dense",
    "seeds",
    "settings",
  ];
  return `What was tried to come nearer to dense, each tuned by as many settings as the rows above, and what it gained over them. ${note}\n\n${table(head, rows)}\n`;
}

function shown({ metric }: Task, value: number): string {
  return metric === "accuracy" ? `${(100 * value).toFixed(1)} %` : value.toFixed(3);
}

function rangeOf(task: Task, lines: readonly Line[]): string {
  const tests = lines.map(({ test }) => test);
  return `${shown(task, Math.min(...tests))} to ${shown(task, Math.max(...tests))}`;
}

/** How a mean differs from another one, in points or as a share of it. */
function besideOf({ metric }: Task, mean: number, other: number | undefined): string {
  if (other === undefined) return "-";
  return metric === "accuracy"
    ? `${signed(100 * (mean - other), 1)} points`
    : `${signed(100 * (mean / other - 1), 1)} %`;
}

function settingsOf([first]: readonly Line[]): string {
  return first === undefined ? "-" : `rate ${first.rate}, decay ${first.decay}`;
}

function shareOf(shares: readonly number[]): string {
  return `${(100 * meanOf(shares)).toFixed(1)} %`;
}

/** Trainings of a kind by the settings that were chosen; none before all settings were tried. */
function trainingsOf(
  task: Task,
  { kind, way }: Pick<Line, "kind"> & { readonly way: string | undefined },
  lines: readonly Line[],
  [first]: readonly number[],
): readonly Line[] {
  const own = lines.filter(
    (line) => line.task === task.name && line.kind === kind && line.way === way,
  );
  const tuned = own.filter(({ seed }) => seed === first);
  if (tuned.length < task.settings.length) return [];
  const { rate, decay } = bestOf(task, tuned);
  return own.filter((line) => line.rate === rate && line.decay === decay);
}

function missingOf(task: Task, lines: readonly Line[], seeds: readonly number[]): string[] {
  return [undefined, ...(task.tried?.ways.keys() ?? [])].flatMap((way) =>
    kindsOf(task, way).flatMap((kind) => {
      const found = trainingsOf(task, { kind, way }, lines, seeds).length;
      if (found === seeds.length) return [];
      const name = way === undefined ? `${task.name} ${kind}` : `${task.name} ${kind}, ${way}`;
      return [`${name}${found === 0 ? "" : ` (${found} of ${seeds.length} seeds are there)`}`];
    }),
  );
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function signed(value: number, digits: number): string {
  return `${value > 0 ? "+" : ""}${value.toFixed(digits)}`;
}
