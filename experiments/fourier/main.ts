/**
 * Fourier transforms as complex butterflies on an adapter, beside the reference on the CPU and the dense
 * matrix on the same adapter.
 *
 *     pnpm experiment:fourier --adapter lavapipe --name lavapipe
 *
 * Writes results/fourier-NAME.json and results/fourier-NAME.md. About two minutes on a software adapter.
 */

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { type Estimate, estimateMedian, estimateRatio, quantity } from "@papilio/bench/analysis";
import {
  Chain,
  type Complex,
  ComplexButterfly,
  ComplexKroneckerSparse,
  DisposableStack,
  PapilioError,
  Pattern,
  PermutedButterfly,
} from "@papilio/butterfly";
import { fourier } from "@papilio/butterfly/constructions";
import { referenceProduct } from "@papilio/butterfly/matrix";
import { uniform } from "@papilio/butterfly/numeric";
import { ComplexTensor, complexTensor, type Gpu } from "@papilio/gpu-runtime";
import { Program, prepareComplexButterfly } from "@papilio/gpu-runtime/kernels";
import { openGpu } from "@papilio/gpu-runtime/node";
import {
  repeatsFor,
  sampleRounds,
  secondsOfRuns,
  warmUp,
} from "../../packages/bench/src/measure/sampling.ts";

const { values: flags } = parseArgs({
  options: {
    adapter: { type: "string", default: "auto" },
    name: { type: "string", default: "auto" },
    rounds: { type: "string", default: "15" },
  },
});

/** The dense matrix of more points than this takes minutes to make. */
const LARGEST_DENSE = 2048;
/** Runs of one sample take so many seconds, at least. */
const SAMPLE_SECONDS = 0.005;

interface Candidate extends Disposable {
  readonly name: "butterfly" | "reference on the CPU" | "dense";
  readonly detail: string;
  run(repeats: number): Promise<void>;
  output(): Promise<Complex>;
}

interface Row {
  readonly n: number;
  readonly batch: number;
  readonly implementation: string;
  readonly detail: string;
  /** Milliseconds of a transform of the whole batch. */
  readonly samples: readonly number[];
  readonly repeats: number;
  /** Root mean square of the errors over that of the outputs. */
  readonly error: number;
}

const shapeOf = (batch: number): { batch: number; layout: "batch-first" | "batch-last" } => ({
  batch,
  layout: batch === 1 ? "batch-first" : "batch-last",
});

async function onAdapter(
  gpu: Gpu,
  name: Candidate["name"],
  matrix: PermutedButterfly<ComplexButterfly>,
  x: ComplexTensor,
): Promise<Candidate> {
  using held = new DisposableStack();
  const shape = shapeOf(x.batch);
  const multiplication = held.use(prepareComplexButterfly(gpu, matrix, shape));
  const y = held.use(new ComplexTensor(gpu, { ...shape, features: matrix.rows }));
  const program = held.use(await Program.record(gpu, multiplication.steps(x, y)));
  const owned = held.move();
  return {
    name,
    detail: `${multiplication.plan.stages.length} ${multiplication.plan.stages.length === 1 ? "dispatch" : "dispatches"}`,
    async run(repeats) {
      for (let index = 0; index < repeats; index++) program.run();
      await gpu.settled();
    },
    output: () => y.data(),
    [Symbol.dispose]: () => owned.dispose(),
  };
}

function onCpu(matrix: PermutedButterfly<ComplexButterfly>, x: Complex, batch: number): Candidate {
  const shape = shapeOf(batch);
  let y = x;
  return {
    name: "reference on the CPU",
    detail: "float64, one thread",
    run(repeats) {
      for (let index = 0; index < repeats; index++) y = referenceProduct(matrix, x, shape);
      return Promise.resolve();
    },
    output: () => Promise.resolve(y),
    [Symbol.dispose]: () => undefined,
  };
}

/** The whole matrix as a single factor. */
function denseOf(exact: PermutedButterfly<ComplexButterfly<Float64Array>>): ComplexButterfly {
  const { re, im } = exact.dense();
  const pattern = new Pattern(1, exact.rows, exact.cols, 1);
  const factor = ComplexKroneckerSparse.fromDense(pattern, { re, im });
  return new ComplexButterfly([factor.convert("float32")]);
}

async function measure(gpu: Gpu, n: number, batch: number, rounds: number): Promise<Row[]> {
  const next = uniform(n + batch);
  const host = {
    re: Float32Array.from({ length: n * batch }, next),
    im: Float32Array.from({ length: n * batch }, next),
  };
  const shape = shapeOf(batch);
  const exact = fourier(n);
  const single = exact.map((matrix) => matrix.convert("float32"));
  using x = complexTensor(gpu, host, { ...shape, features: n });
  using held = new DisposableStack();
  const candidates = [
    held.use(await onAdapter(gpu, "butterfly", single, x)),
    held.use(onCpu(single, host, batch)),
  ];
  if (n <= LARGEST_DENSE) {
    const dense = new PermutedButterfly(denseOf(exact));
    candidates.push(held.use(await onAdapter(gpu, "dense", dense, x)));
  }
  const reference = referenceProduct(
    exact,
    { re: Float64Array.from(host.re), im: Float64Array.from(host.im) },
    shape,
  );
  const prepared: { candidate: Candidate; repeats: number; error: number; samples: number[] }[] =
    [];
  for (const candidate of candidates) {
    // Cold, and the answer that is checked.
    await candidate.run(1);
    const error = errorOf(await candidate.output(), reference);
    // Rounding of so many sums is far below this; what is above is not the transform.
    if (!(error < 1e-5)) {
      throw new PapilioError(
        "GPU_SELF_TEST_FAILED",
        `${candidate.name} of ${n} points is off by ${error} on ${gpu.report.name}.`,
        "Please report this.",
      );
    }
    const warm = await warmUp(() => secondsOfRuns(() => candidate.run(1), 1));
    const repeats = repeatsFor(warm, SAMPLE_SECONDS);
    prepared.push({ candidate, repeats, error, samples: [] });
  }
  const sample = async ({
    candidate,
    repeats,
    samples,
  }: (typeof prepared)[number]): Promise<void> => {
    const seconds = await secondsOfRuns(() => candidate.run(repeats), 1);
    samples.push((1000 * seconds) / repeats);
  };
  await sampleRounds(prepared, sample, { rounds, seed: n + batch });
  return prepared.map(({ candidate, repeats, error, samples }) => ({
    n,
    batch,
    implementation: candidate.name,
    detail: candidate.detail,
    samples,
    repeats,
    error,
  }));
}

function errorOf(y: Complex, reference: Complex<Float64Array>): number {
  let [errors, squares] = [0, 0];
  for (const part of ["re", "im"] as const) {
    reference[part].forEach((value, index) => {
      errors += ((y[part][index] as number) - value) ** 2;
      squares += value ** 2;
    });
  }
  return Math.sqrt(errors / squares);
}

const rounds = Number(flags.rounds);
using gpu = await openGpu({ adapter: flags.adapter });
const rows: Row[] = [];
for (const batch of [1, 16]) {
  for (let n = 256; n <= 65536; n *= 4) {
    rows.push(...(await measure(gpu, n, batch, rounds)));
    console.error(`${n} points, ${batch} at once`);
  }
}
const report = {
  date: new Date().toISOString(),
  command: `pnpm experiment:fourier --adapter ${flags.adapter} --name ${flags.name}`,
  adapter: gpu.report,
  node: process.version,
  processors: `${cpus().length} x ${cpus()[0]?.model ?? "unknown"}`,
  revision: execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim(),
  rows,
};
const interval = ({ median, lower, upper }: Estimate): string =>
  `${median.toPrecision(3)} (${lower.toPrecision(3)} to ${upper.toPrecision(3)})`;
const lines = rows.map((row) => {
  const butterfly = rows.find(
    ({ n, batch, implementation }) =>
      n === row.n && batch === row.batch && implementation === "butterfly",
  ) as Row;
  const ratio = row === butterfly ? "" : interval(estimateRatio(row.samples, butterfly.samples));
  const { median } = estimateMedian(row.samples);
  const cells = [
    row.n,
    row.batch,
    row.implementation,
    row.detail,
    quantity(median / 1000, "s"),
    ratio,
    row.error.toExponential(1),
  ];
  return `| ${cells.join(" | ")} |`;
});
const chain = Chain.squareDyadic(65536);
const markdown = `# Fourier transforms as complex butterflies

Made by \`${report.command}\` on ${report.date.slice(0, 10)}: ${gpu.report.name} (${gpu.report.kind}; ${gpu.report.driver}), Node ${report.node}, ${report.processors}.${gpu.report.kind === "software" ? " A software adapter: these are times of the CPU." : ""}

The transform of 65536 points is ${chain.length} factors of 2 x 2 blocks behind a bit reversal, complex64. Wall clock, medians of ${rounds} interleaved samples; ratios with 95 % confidence intervals. One vector is batch-first, several are batch-last. Dense up to ${LARGEST_DENSE} points. Errors: root mean square, against float64.

| points | vectors | implementation | how | time | its time over the butterfly's | error |
| --- | --- | --- | --- | --- | --- | --- |
${lines.join("\n")}
`;
const results = join(import.meta.dirname, "../../results");
writeFileSync(join(results, `fourier-${flags.name}.json`), `${JSON.stringify(report)}\n`);
writeFileSync(join(results, `fourier-${flags.name}.md`), markdown);
console.log(markdown);
