/**
 * Products as operations of programs on the CPU beside ONNX Runtime's CPU provider, in interleaved rounds, verified:
 * dense layers and those of arXiv 2405.15013 for a prompt, for few vectors and for one; what share of the peak of
 * the threads they reach, and how fast they read weights.
 *
 *     pnpm experiment:cpu-products --name two-cores
 *
 * Writes results/cpu-products-NAME.json and results/cpu-products-NAME.md.
 */

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { measureCase } from "@papilio/bench";
import { measureCpuRates } from "@papilio/bench/models";
import { loadOnnxRuntime } from "@papilio/bench/node";
import { Chain } from "@papilio/butterfly";
import { openGpu } from "@papilio/gpu-runtime/node";
import { programProduct } from "./program-product.ts";
import { type ProductsExperiment, renderProducts } from "./report.ts";

const { values: flags } = parseArgs({
  options: {
    name: { type: "string", default: "auto" },
    rounds: { type: "string", default: "15" },
    vectors: { type: "string", default: "197,32,8,1" },
  },
});

const CHAINS = [
  ...["1,384,384,1", "1,1536,384,1", "1,384,1536,1", "1,768,768,1", "1,3072,768,1", "1,768,3072,1"],
  ...["1,192,48,2; 2,48,192,1", "1,768,192,2; 6,64,64,1", "6,64,256,1", "1,128,128,3"],
].map((text) => Chain.parse(text));
/** Of one sample, at least. */
const SAMPLE_SECONDS = 0.02;

const onnx = await loadOnnxRuntime();
if ("reason" in onnx) throw new Error(onnx.reason);
const ort = onnx.implementations.filter(({ processor }) => processor === "cpu");
// What measures asks for an adapter, which nothing here uses.
using gpu = await openGpu({ adapter: "swiftshader" });

const loadBefore = loadavg()[0] as number;
const rates = await measureCpuRates();
const cases: ProductsExperiment["cases"][number][] = [];
for (const batch of flags.vectors.split(",").map(Number)) {
  for (const chain of CHAINS) {
    const item = { chain, batch, dtype: "f32", layout: "batch-first" } as const;
    const own = programProduct();
    const result = await measureCase(gpu, item, [own.implementation, ...ort], {
      rounds: Number(flags.rounds),
      minSample: SAMPLE_SECONDS,
    });
    cases.push({ ...result, products: own.seconds() });
    console.error(`${result.chain} x ${batch}: ${result.seconds?.toFixed(1)} s`);
  }
}

const report: ProductsExperiment = {
  date: new Date().toISOString(),
  command: `pnpm experiment:cpu-products --name ${flags.name} --rounds ${flags.rounds}`,
  node: process.version,
  onnxruntime: onnx.version,
  processors: `${cpus().length} x ${cpus()[0]?.model ?? "unknown"}`,
  revision: execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim(),
  load: { before: loadBefore, after: loadavg()[0] as number },
  threads: cpus().length,
  rates,
  cases,
};
const results = join(import.meta.dirname, "../../results");
const markdown = renderProducts(report);
writeFileSync(join(results, `cpu-products-${flags.name}.json`), `${JSON.stringify(report)}\n`);
writeFileSync(join(results, `cpu-products-${flags.name}.md`), markdown);
console.log(markdown);
process.exit(0);
