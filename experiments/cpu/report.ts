import { quantity } from "@papilio/bench/analysis";
import type { CaseResult } from "@papilio/bench/results";
import { Chain, chainCost } from "@papilio/butterfly";
import { median } from "@papilio/butterfly/numeric";
import type { KernelRates } from "./rates.ts";
import type { SizeResult } from "./sizes.ts";

export interface CpuExperiment {
  readonly date: string;
  readonly command: string;
  readonly node: string;
  readonly onnxruntime: string;
  readonly adapter: string;
  readonly processors: string;
  readonly revision: string;
  readonly load: { readonly before: number; readonly after: number };
  /** How many times as fast as ONNX Runtime each is to be; null where no goal was set. */
  readonly groups: readonly { readonly name: string; readonly goal: number | null }[];
  readonly rates: KernelRates;
  readonly cases: readonly (CaseResult & { readonly group: string })[];
  /** Cases for which there was no time. */
  readonly skipped: readonly string[];
  readonly sizes: readonly SizeResult[];
}

/** One case with the CPU backend, the best of ONNX Runtime in either layout, and the adapter. */
interface Row {
  readonly group: string;
  readonly name: string;
  readonly batch: number;
  readonly layout: string;
  readonly seconds: number;
  readonly onnx: { readonly name: string; readonly seconds: number } | undefined;
  readonly adapter: number | undefined;
  /** Shares of the peak of all threads and of the copy bandwidth. */
  readonly arithmetic: number;
  readonly bandwidth: number;
}

/** Threads that the CPU backend had, for the peak. */
const THREADS = 2;

export function renderCpuReport(report: CpuExperiment): string {
  const rows = report.cases.map((item) => rowOf(item, report));
  const { rates, load } = report;
  return `# The CPU backend

Made by \`${report.command}\` on ${report.date.slice(0, 10)}: ${report.processors}, Node ${report.node}, ONNX Runtime ${report.onnxruntime}, ${report.adapter}, revision ${report.revision}. The load average was ${load.before.toFixed(1)} before the run and ${load.after.toFixed(1)}, with the run itself, after it. Times are medians of interleaved samples.${report.skipped.length === 0 ? "" : ` Not measured, for want of time: ${report.skipped.join("; ")}.`}

On one thread the machine reached ${quantity(rates.flopsPerSecond, "FLOP/s")} of multiply-adds in WebAssembly registers (128 bits; ONNX Runtime has instructions of 256), the kernel ${quantity(rates.kernelFlopsPerSecond, "FLOP/s")} with a block in the cache, and a copy of 64 MiB ${quantity(rates.copyBytesPerSecond, "B/s")}, read and written.

${report.groups.map(({ name, goal }) => renderGroup(name, goal, rows)).join("\n\n")}

## Against the embedded software adapter

${renderAdapter(rows)}

## Time against size

Dyadic chains, ${report.sizes[0]?.batch} vectors, batch-last, the best of the samples. With time in proportion to N log N the fifth column, of one thread, would be constant. It falls while a call weighs on microseconds of work. ${renderSteps(report.sizes)}

| N | one thread | all threads | plan | ns / (N log2 N) | GFLOP/s of one thread | values | vectors |
| --- | --- | --- | --- | --- | --- | --- | --- |
${report.sizes.map(sizeRow).join("\n")}
`;
}

function rowOf(item: CaseResult & { group: string }, report: CpuExperiment): Row {
  const { chain, batch, layout, group } = item;
  const secondsOf = (of: CaseResult, name: string): number | undefined => {
    const found = of.results.find(({ implementation }) => implementation === name);
    return found?.status === "timed" ? median(found.timing.wall) : undefined;
  };
  const timed = report.cases
    .filter((other) => other.chain === chain && other.batch === batch)
    .flatMap((other) =>
      other.results
        .filter(({ implementation }) => implementation.startsWith("ort-cpu-"))
        .flatMap(({ implementation }) => {
          const seconds = secondsOf(other, implementation);
          const name = `${implementation.slice("ort-cpu-".length)}, ${other.layout}`;
          return seconds === undefined ? [] : [{ name, seconds }];
        }),
    )
    .sort((p, q) => p.seconds - q.seconds);
  const seconds = secondsOf(item, "cpu-wasm") ?? Number.NaN;
  const parsed = Chain.parse(chain);
  const { flops } = chainCost(parsed, batch, "f32");
  const bytes = 4 * batch * (parsed.rows + parsed.cols);
  return {
    group,
    name: parsed.length > 2 ? `dyadic ${parsed.rows}` : chain,
    batch,
    layout,
    seconds,
    onnx: timed[0],
    adapter: secondsOf(item, "kronecker-sparse"),
    arithmetic: flops / seconds / (THREADS * report.rates.flopsPerSecond),
    bandwidth: bytes / seconds / report.rates.copyBytesPerSecond,
  };
}

function renderGroup(name: string, goal: number | null, rows: readonly Row[]): string {
  const own = rows.filter(({ group }) => group === name);
  // Whoever may choose the layout takes the better one, of both.
  const best = own.filter(
    (row) =>
      !own.some((o) => o.name === row.name && o.batch === row.batch && o.seconds < row.seconds),
  );
  const losing = own.filter((row) => ratioOf(row) < 1);
  const verdict = goal === null ? "No goal was set." : renderVerdict(goal, best);
  const slower =
    losing.length === 0
      ? "Slower than ONNX Runtime's best in none."
      : `Slower than ONNX Runtime's best, in whichever layout that is: ${losing.map(describe).join("; ")}.`;
  const lines = own.map((row) => {
    const cells = [
      row.name,
      row.batch,
      row.layout,
      quantity(row.seconds, "s"),
      row.onnx === undefined ? "" : quantity(row.onnx.seconds, "s"),
      row.onnx?.name ?? "",
      ratioOf(row).toFixed(2),
      `${Math.round(100 * row.arithmetic)} %`,
      `${Math.round(100 * row.bandwidth)} %`,
    ];
    return `| ${cells.join(" | ")} |`;
  });
  return `## ${name[0]?.toUpperCase()}${name.slice(1)}

${verdict} ${slower}

| patterns | vectors | layout | cpu-wasm | ONNX Runtime | its way | times as fast | of the peak | of the copy |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
${lines.join("\n")}`;
}

function renderVerdict(goal: number, best: readonly Row[]): string {
  const missed = best.filter((row) => !(ratioOf(row) >= goal));
  const aim = `To be ${goal} times as fast as the best of ONNX Runtime's ways in either layout.`;
  return missed.length === 0
    ? `${aim} Reached in each of ${best.length} cases, the better layout of both: ${rangeOf(best.map(ratioOf))}.`
    : `${aim} Missed in ${missed.length} of ${best.length} cases, the better layout of both: ${missed.map(describe).join("; ")}.`;
}

function rangeOf(ratios: readonly number[]): string {
  return `×${Math.min(...ratios).toFixed(2)} to ×${Math.max(...ratios).toFixed(2)}, median ×${median(ratios).toFixed(2)}`;
}

function ratioOf({ onnx, seconds }: Row): number {
  return (onnx?.seconds ?? Number.NaN) / seconds;
}

function describe(row: Row): string {
  return `${row.name} x ${row.batch} ${row.layout} (${ratioOf(row).toFixed(2)})`;
}

function renderAdapter(rows: readonly Row[]): string {
  const timed = rows
    .flatMap((row) =>
      row.adapter === undefined ? [] : [{ row, ratio: row.adapter / row.seconds }],
    )
    .sort((p, q) => p.ratio - q.ratio);
  const [least] = timed;
  const most = timed.at(-1);
  if (least === undefined || most === undefined) return "Not measured.";
  const below = timed.filter(({ ratio }) => ratio < 10);
  return `The CPU backend is ${least.ratio.toFixed(0)} (${least.row.name} ${least.row.layout}) to ${most.ratio.toFixed(0)} (${most.row.name} ${most.row.layout}) times as fast as the fused kernel on it, at ${least.row.batch} vectors. ${below.length === 0 ? "Nowhere is it less than ten times." : `Less than ten times: ${below.map(({ row, ratio }) => `${row.name} ${row.layout} (${ratio.toFixed(1)})`).join("; ")}.`}`;
}

/** Where the time grows faster than the work by this much, a cache is exceeded. */
const STEP = 1.25;

function renderSteps(sizes: readonly SizeResult[]): string {
  const steps = sizes.slice(1).flatMap((size, index) => {
    const before = sizes[index] as SizeResult;
    const ratio = timeOverWork(size) / timeOverWork(before);
    return ratio < STEP
      ? []
      : [
          `at 2^${Math.log2(size.n)} by ×${ratio.toFixed(2)}, where values, vectors, result and the vectors between passes are ${quantity(workingSet(size), "B")} together, after ${quantity(workingSet(before), "B")}`,
        ];
  });
  return steps.length === 0
    ? "It has no step: neither values nor vectors leave a cache."
    : `It steps up ${steps.join("; ")}: what no longer fits a cache is read from memory in each pass.`;
}

/** Bytes of the values, the vectors, the result, and what lies between passes. */
function workingSet({ values, vectors }: SizeResult): number {
  return values + 3 * vectors;
}

/** Seconds of one thread over N log N. */
function timeOverWork({ n, oneThread }: SizeResult): number {
  return oneThread / (n * Math.log2(n));
}

function sizeRow(size: SizeResult): string {
  const { n, batch, oneThread, allThreads, plan, values, vectors } = size;
  const work = n * Math.log2(n);
  const cells = [
    `2^${Math.log2(n)}`,
    quantity(oneThread, "s"),
    quantity(allThreads, "s"),
    plan,
    (timeOverWork(size) * 1e9).toFixed(2),
    ((4 * batch * work) / oneThread / 1e9).toFixed(1),
    quantity(values, "B"),
    quantity(vectors, "B"),
  ];
  return `| ${cells.join(" | ")} |`;
}
