import { quantity } from "@papilio/bench/analysis";
import type { CpuRates } from "@papilio/bench/models";
import type { CaseResult } from "@papilio/bench/results";
import { Chain } from "@papilio/butterfly";
import { median } from "@papilio/butterfly/numeric";
import { PROGRAM } from "./program-product.ts";

export interface ProductsExperiment {
  readonly date: string;
  readonly command: string;
  readonly node: string;
  readonly onnxruntime: string;
  readonly processors: string;
  readonly revision: string;
  readonly load: { readonly before: number; readonly after: number };
  readonly threads: number;
  readonly rates: CpuRates;
  /** With the seconds of the products alone. */
  readonly cases: readonly (CaseResult & { readonly products: number })[];
}

export function renderProducts(report: ProductsExperiment): string {
  const { rates, load } = report;
  return `# Products in programs on the CPU

Made by \`${report.command}\` on ${report.date.slice(0, 10)}: ${report.processors}, Node ${report.node}, ONNX Runtime ${report.onnxruntime}, revision ${report.revision}. The load average was ${load.before.toFixed(1)} before the run and ${load.after.toFixed(1)}, with the run itself, after it.

On one thread the machine reached ${quantity(rates.flopsPerSecond, "FLOP/s")} of multiply-adds in WebAssembly registers (128 bits; ONNX Runtime has instructions of 256), and a copy of 64 MiB ${quantity(rates.copyBytesPerSecond, "B/s")}, read and written.

Medians of interleaved samples on ${report.threads} threads, vectors in rows: a program of this layer alone, its conversions and the copy of its output included, and the fastest of ONNX Runtime's ways. The products alone are the fastest of many: their share of the peak of all threads, and the weights that they read in a second.

| patterns | vectors | program | ONNX Runtime | its way | times as fast | products alone | of the peak | weights |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
${report.cases.map((item) => rowOf(item, report)).join("\n")}
`;
}

function rowOf(
  { chain, batch, results, products }: ProductsExperiment["cases"][number],
  { rates, threads }: ProductsExperiment,
): string {
  const timed = results.flatMap((result) =>
    result.status === "timed"
      ? [{ name: result.implementation, seconds: median(result.timing.wall) }]
      : [],
  );
  const own = timed.find(({ name }) => name === PROGRAM)?.seconds ?? Number.NaN;
  const [onnx] = timed
    .filter(({ name }) => name.startsWith("ort-cpu-"))
    .sort((p, q) => p.seconds - q.seconds);
  const { nonZeros } = Chain.parse(chain);
  const share = (2 * nonZeros * batch) / products / (threads * rates.flopsPerSecond);
  const cells = [
    chain,
    batch,
    quantity(own, "s"),
    onnx === undefined ? "" : quantity(onnx.seconds, "s"),
    onnx?.name.slice("ort-cpu-".length) ?? "",
    ((onnx?.seconds ?? Number.NaN) / own).toFixed(2),
    quantity(products, "s"),
    `${Math.round(100 * share)} %`,
    quantity((4 * nonZeros) / products, "B/s"),
  ];
  return `| ${cells.join(" | ")} |`;
}
