import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Clock, quantity, runClock, times } from "@papilio/bench/analysis";
import { type BenchResults, machineName, parseResults } from "@papilio/bench/results";
import { median } from "@papilio/butterfly/numeric";
import { table } from "./table.ts";

/** One bit apart: what is many times slower than the fastest of a run has few rounds. */
const FILES = [
  "few-bits-products-cpu.jsonl",
  "few-bits-products-one-bit-cpu.jsonl",
  "few-bits-products-lavapipe.jsonl",
];

type CaseResult = BenchResults["cases"][number];

/** An implementation on a case: the shortest of its times, and what rounding costs. */
interface Measured {
  readonly implementation: string;
  readonly seconds: number;
  readonly roundingError: number | undefined;
  /** Whether it had all rounds. */
  readonly isWhole: boolean;
}

/** A case, and the shortest time of what does not round. */
interface Row {
  readonly pattern: string;
  readonly batch: number;
  readonly exact: number;
  readonly rounded: readonly Measured[];
}

interface Run {
  readonly file: string;
  readonly results: BenchResults;
  readonly rows: readonly Row[];
}

/** What pages include of products by operands of few bits: by batch, and by pattern. */
export function fewBitsProductsParts(folder: string): Map<string, string> {
  const runs = FILES.map((file) => runOf(file, readFileSync(join(folder, file), "utf8")));
  return new Map([
    ["results/few-bits-products.md", [...runs.map(overview), noiseOf(runs)].join("\n\n")],
    ["results/few-bits-products-by-pattern.md", runs.map(byPattern).join("\n\n")],
  ]);
}

function runOf(file: string, text: string): Run {
  const results = parseResults(text);
  const clock = runClock(results);
  const { rounds } = results.options;
  return { file, results, rows: results.cases.flatMap((item) => rowOf(item, clock, rounds)) };
}

/**
 * What took eight times as long as the fastest had three rounds, too few for a shortest time: in float32 it would make
 * gains too large, and is left out; of what rounds it makes losses too large, and is kept, so that no loss is hidden.
 */
function rowOf({ chain, batch, results }: CaseResult, clock: Clock, rounds: number): Row[] {
  const measured = results.flatMap((entry): Measured[] =>
    entry.status === "timed"
      ? [
          {
            implementation: entry.implementation,
            seconds: Math.min(...entry.timing[clock]),
            roundingError: entry.roundingError,
            isWhole: entry.timing[clock].length >= rounds,
          },
        ]
      : [],
  );
  const rounded = measured.filter(({ roundingError }) => roundingError !== undefined);
  const exact = measured.filter(
    ({ roundingError, isWhole }) => roundingError === undefined && isWhole,
  );
  if (exact.length === 0 || rounded.length === 0) return [];
  return [
    { pattern: chain, batch, exact: Math.min(...exact.map(({ seconds }) => seconds)), rounded },
  ];
}

/** By how much an implementation is faster than the best in float32, at each batch. */
function overview({ file, results, rows }: Run): string {
  const batches = [...new Set(rows.map(({ batch }) => batch))];
  const names = namesOf(rows);
  const entriesOf = (name: string): (Row & Measured)[] =>
    rows.flatMap((row) =>
      row.rounded
        .filter(({ implementation }) => implementation === name)
        .map((entry) => ({ ...row, ...entry })),
    );
  const gains = (name: string, batch: number): number[] =>
    entriesOf(name)
      .filter((entry) => entry.batch === batch)
      .map(({ exact, seconds }) => exact / seconds);
  const faster = names.flatMap((name) => batches.flatMap((batch) => gains(name, batch)));
  const won = faster.filter((gain) => gain > 1).length;
  const short = rows.flatMap(({ rounded }) => rounded).filter(({ isWhole }) => !isWhole);
  const without = results.cases.length - rows.length;
  return [
    `From \`results/${file}\`, on ${machineName(results.environment)}: the shortest time of the best way in float32 over that of each, the median over the patterns, the least and the most in brackets, and in how many of them it is faster. In ${won} of ${faster.length} cases it is; in the others rounding loses time. What took eight times as long as the fastest had three rounds: ${short.length} of these, which may be less slow than they look, and float32 in ${without} cases, which are left out.`,
    table(
      ["way", "rounding error", ...batches.map((batch) => `batch ${batch}`)],
      names.map((name) => [
        `\`${name}\``,
        errorCell(median(entriesOf(name).map(({ roundingError }) => roundingError as number))),
        ...batches.map((batch) => gainsCell(gains(name, batch))),
      ]),
    ),
  ].join("\n\n");
}

/** How far the times in float32 of two runs on the CPU lie apart. */
function noiseOf([one, other]: readonly Run[]): string {
  const ratios = (one?.rows ?? []).flatMap(({ pattern, batch, exact }) => {
    const same = other?.rows.find((row) => row.pattern === pattern && row.batch === batch);
    return same ? [Math.max(exact / same.exact, same.exact / exact)] : [];
  });
  return `Nothing else ran on the machine. Of the same case, the shortest times in float32 of the two runs on the CPU differ by ${times(median(ratios))} in the median and by ${times(Math.max(...ratios))} at most: a smaller gain or loss, and the gain of a single pattern, may be chance.`;
}

function errorCell(error: number): string {
  return `${(100 * error).toPrecision(2)} %`;
}

function gainsCell(gains: readonly number[]): string {
  if (gains.length === 0) return "-";
  const range = `${times(Math.min(...gains))} to ${times(Math.max(...gains))}`;
  const won = gains.filter((gain) => gain > 1).length;
  return `${times(median(gains))} (${range}), ${won} of ${gains.length}`;
}

function byPattern({ file, results, rows }: Run): string {
  const names = namesOf(rows);
  return [
    `From \`results/${file}\`, on ${machineName(results.environment)}: the shortest time of the best way in float32, and how much faster each is.`,
    table(
      ["pattern and batch", "float32", ...names.map((name) => `\`${name}\``)],
      rows.map(({ pattern, batch, exact, rounded }) => [
        `${pattern} x ${batch}`,
        quantity(exact, "s"),
        ...names.map((name) => {
          const found = rounded.find(({ implementation }) => implementation === name);
          return times(found && exact / found.seconds);
        }),
      ]),
    ),
  ].join("\n\n");
}

function namesOf(rows: readonly Row[]): string[] {
  return [
    ...new Set(rows.flatMap(({ rounded }) => rounded.map(({ implementation }) => implementation))),
  ];
}
