/**
 * The CPU backend beside ONNX Runtime's CPU provider and the embedded software adapter, in one run; what
 * share of the machine's multiply-adds and of its copy bandwidth it reaches; dyadic chains from 2^8 to 2^20.
 *
 *     pnpm experiment:cpu --name two-cores
 *
 * Writes results/cpu-NAME.json and results/cpu-NAME.md. Cases for which
 * `--minutes` do not suffice are left out, and named; the same command goes on with them.
 */

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { findImplementation, measureCase } from "@papilio/bench";
import { loadOnnxRuntime } from "@papilio/bench/node";
import { caseKey, caseName } from "@papilio/bench/results";
import { Chain, LAYOUTS } from "@papilio/butterfly";
import { median } from "@papilio/butterfly/numeric";
import { openGpu } from "@papilio/gpu-runtime/node";
import { measureKernelRates } from "./rates.ts";
import { type CpuExperiment, renderCpuReport } from "./report.ts";
import { measureSizes } from "./sizes.ts";

const { values: flags } = parseArgs({
  options: {
    name: { type: "string", default: "auto" },
    rounds: { type: "string", default: "10" },
    minutes: { type: "string", default: "40" },
    batches: { type: "string", default: "128,1024,1" },
  },
});

/** What is compared, and what the CPU backend is to reach of ONNX Runtime's speed. */
const GROUPS = [
  {
    name: "dyadic chains",
    goal: 3,
    chains: [1024, 4096, 16384].map((size) => Chain.squareDyadic(size)),
  },
  {
    name: "blocks of at most 32",
    goal: 1,
    chains: ["1,2,2,1024", "1,4,4,1024", "4,8,8,64", "16,16,16,16", "32,32,32,1", "1,32,32,32"].map(
      (text) => Chain.parse(text),
    ),
  },
  { name: "Monarch", goal: 0.5, chains: [1024, 4096].map((size) => Chain.monarch(size)) },
  {
    name: "ViT-S/16",
    goal: 0.5,
    chains: [
      "1,192,48,2",
      "2,48,192,1",
      "1,768,192,2",
      "6,64,64,1",
      "6,64,256,1",
      "1,128,128,3",
    ].map((text) => Chain.parse(text)),
  },
] as const;

/** The cases of a single vector, as in a language model that generates. */
const SINGLE = { name: "a single vector", goal: null };
/** Entries of a dense matrix that would take longer to make than the rest. */
const LARGEST_DENSE = 2 ** 24;
/** Bytes that inputs exceed together, so that none is found in the last-level cache. */
const CACHE_BYTES = 32 * 2 ** 20;
/** A way of ONNX Runtime that takes so many times as long as another is measured on one batch only. */
const MUCH_SLOWER = 3;
/**
 * Of one sample, at least. Threads that others kept from running share a processor at first, until the
 * operating system gives each one of its own, which takes tens of milliseconds on a virtual machine.
 */
const SAMPLE_SECONDS = 0.1;
/** Samples of each size. */
const SIZE_ROUNDS = 60;
/** Vectors for the software adapter, which takes minutes for more. */
const ADAPTER_BATCH = 128;

const onnx = await loadOnnxRuntime();
if ("reason" in onnx) throw new Error(onnx.reason);
const ort = onnx.implementations.filter(({ processor }) => processor === "cpu");
const cpu = findImplementation("cpu-wasm");
const fused = findImplementation("kronecker-sparse");
using gpu = await openGpu({ adapter: "swiftshader" });

const results = join(import.meta.dirname, "../../results");
const json = join(results, `cpu-${flags.name}.json`);
const before = existsSync(json)
  ? (JSON.parse(readFileSync(json, "utf8")) as CpuExperiment)
  : undefined;
const loadBefore = before?.load.before ?? (loadavg()[0] as number);
const started = performance.now();
const rates = before?.rates ?? (await measureKernelRates());
const sizes = before?.sizes ?? (await measureSizes(SIZE_ROUNDS));
const cases = [...(before?.cases ?? [])];
const skipped: string[] = [];
for (const batch of flags.batches.split(",").map(Number)) {
  for (const { name, chain } of byWork()) {
    for (const layout of LAYOUTS) {
      const item = { chain, batch, dtype: "f32", layout } as const;
      if (cases.some((old) => caseName(old) === caseName(caseKey(item)))) continue;
      if (performance.now() - started > 60_000 * Number(flags.minutes)) {
        skipped.push(`${chain.length > 2 ? `dyadic ${chain.rows}` : chain} x ${batch} ${layout}`);
        continue;
      }
      const adapter = batch === ADAPTER_BATCH ? [fused] : [];
      const result = await measureCase(gpu, item, [cpu, ...ort, ...adapter], {
        rounds: Number(flags.rounds),
        minSample: SAMPLE_SECONDS,
        cacheBytes: CACHE_BYTES,
        refuse: ({ name: implementation, arithmetic }) =>
          arithmetic === "product" && chain.rows * chain.cols > LARGEST_DENSE
            ? "The dense matrix has more than 2^24 entries."
            : slowBefore(implementation, `${chain}`, layout, batch),
      });
      cases.push({ ...result, group: batch === 1 ? SINGLE.name : name });
      console.error(`${result.chain} x ${batch} ${layout}: ${result.seconds?.toFixed(1)} s`);
    }
  }
}

/** All chains with their groups, those with less work first. */
function byWork(): { name: string; chain: Chain }[] {
  return GROUPS.flatMap(({ name, chains }) => chains.map((chain) => ({ name, chain }))).sort(
    (p, q) => p.chain.nonZeros - q.chain.nonZeros,
  );
}

/** Why one of ONNX Runtime's ways is not measured again: another was much faster on fewer vectors. */
function slowBefore(
  implementation: string,
  chain: string,
  layout: string,
  batch: number,
): string | undefined {
  const before = cases.find(
    (item) => item.chain === chain && item.layout === layout && item.batch === ADAPTER_BATCH,
  );
  if (before === undefined || batch <= before.batch) return undefined;
  const secondsOf = (name: string): number => {
    const found = before.results.find((result) => result.implementation === name);
    return found?.status === "timed" ? median(found.timing.wall) : Number.POSITIVE_INFINITY;
  };
  const ways = ort.map(({ name }) => name);
  if (!ways.includes(implementation)) return undefined;
  return secondsOf(implementation) > MUCH_SLOWER * Math.min(...ways.map(secondsOf))
    ? `It took more than ${MUCH_SLOWER} times as long as another way with ${before.batch} vectors.`
    : undefined;
}

const measured: CpuExperiment = {
  date: new Date().toISOString(),
  command: `pnpm experiment:cpu --name ${flags.name} --rounds ${flags.rounds} --minutes ${flags.minutes}`,
  node: process.version,
  onnxruntime: onnx.version,
  adapter: gpu.report.name,
  processors: `${cpus().length} x ${cpus()[0]?.model ?? "unknown"}`,
  revision: execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim(),
  load: { before: loadBefore, after: loadavg()[0] as number },
  groups: [...GROUPS.map(({ name, goal }) => ({ name, goal })), SINGLE],
  rates,
  cases,
  skipped,
  sizes,
};
// Where there was nothing left to measure, the file says when and with what it was.
const report = before !== undefined && cases.length === before.cases.length ? before : measured;
const markdown = renderCpuReport(report);
writeFileSync(json, `${JSON.stringify(report)}\n`);
writeFileSync(join(results, `cpu-${flags.name}.md`), markdown);
console.log(markdown);
process.exit(0);
