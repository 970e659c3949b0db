/**
 * How well matrices are factorized, and what that takes: the tables of results/factorization.md.
 *
 *     pnpm experiment:factorization
 *     pnpm experiment:factorization --memory
 *
 * Writes results/factorization.json and results/factorization.md. About ten minutes on two cores. With `--memory` it
 * measures memory alone, which other work on the machine does not change, and keeps the rest.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import {
  Butterfly,
  Chain,
  type Complex,
  ComplexButterfly,
  type FloatArray,
} from "@papilio/butterfly";
import { factorize, NAMED_TREES, refine } from "@papilio/butterfly/factorization";
import { type ConstructionRow, constructionErrors } from "./construction-errors.ts";
import { BOUNDED, type SizeRow, sizeTable } from "./factorization-size.ts";
import { targets } from "./targets.ts";

interface RecoveryRow {
  readonly chain: string;
  readonly n: number;
  readonly kind: "real" | "complex";
  readonly tree: string;
  readonly float64: number;
  readonly float32: number;
}

interface TargetRow {
  readonly matrix: string;
  readonly chain: string;
  readonly parameters: number;
  readonly lower: number;
  readonly error: number;
  readonly upper: number;
  /** After alternating least squares; null for complex matrices. */
  readonly refined: number | null;
}

const results = join(import.meta.dirname, "../../results");

async function recovery(): Promise<RecoveryRow[]> {
  const rows: RecoveryRow[] = [];
  for (let n = 16; n <= 4096; n *= 4) {
    for (const [name, chain] of [
      ["dyadic", Chain.squareDyadic(n)],
      ["Monarch", Chain.monarch(n)],
    ] as const) {
      // The larger ones take long: one tree and real numbers are enough there.
      const trees = n <= 1024 ? NAMED_TREES : NAMED_TREES.slice(0, 1);
      for (const kind of n <= 1024 ? (["real", "complex"] as const) : (["real"] as const)) {
        for (const tree of trees) {
          const exact = denseOf(chain, kind);
          const options = { tree, bounds: false };
          const { error: float64 } = await factorize(exact, chain, options);
          const { error: float32 } = await factorize(singleOf(exact), chain, options);
          rows.push({ chain: name, n, kind, tree, float64, float32 });
          console.error(`recovery ${name} ${n} ${kind} ${tree}: ${float64}, ${float32}`);
        }
      }
    }
  }
  return rows;
}

function denseOf(chain: Chain, kind: "real" | "complex"): Float64Array | Complex<Float64Array> {
  const options = { seed: chain.rows, dtype: "float64" } as const;
  const matrix =
    kind === "real" ? Butterfly.random(chain, options) : ComplexButterfly.random(chain, options);
  // By products of factors: the image of the identity would take a thousand times as long.
  const merged = matrix.merge(0, chain.length).factors[0] as {
    values?: Float64Array;
    re?: { values: Float64Array };
    im?: { values: Float64Array };
  };
  return (
    merged.values ?? {
      re: merged.re?.values as Float64Array,
      im: merged.im?.values as Float64Array,
    }
  );
}

function singleOf(values: FloatArray | Complex<FloatArray>): Float32Array | Complex<Float32Array> {
  if (!("re" in values)) return Float32Array.from(values);
  return { re: Float32Array.from(values.re), im: Float32Array.from(values.im) };
}

async function approximation(): Promise<TargetRow[]> {
  const rows: TargetRow[] = [];
  for (const { name, n, values } of targets()) {
    for (const [label, chain] of [
      ["dyadic", Chain.squareDyadic(n)],
      ["radix 4, rank 2", radixFour(n)],
      ["Monarch", Chain.monarch(n)],
    ] as const) {
      const { matrix, error, bounds } = await factorize(values as FloatArray, chain);
      const refined =
        "re" in values
          ? null
          : ((
              await refine(values as Float64Array, matrix as Butterfly<Float64Array>, {
                sweeps: 10,
              })
            ).errors.at(-1) as number);
      const parameters = chain.nonZeros / (n * n);
      const { lower, upper } = bounds as { lower: number; upper: number };
      rows.push({ matrix: name, chain: label, parameters, lower, error, upper, refined });
      console.error(`${name}, ${label}: ${lower} <= ${error} <= ${upper}, refined ${refined}`);
    }
  }
  return rows;
}

function radixFour(n: number): Chain {
  const radices = Array.from({ length: Math.log2(n) / 2 }, () => 4);
  return Chain.ofRadices({ rows: radices, cols: radices, rank: 2 });
}

const scientific = (value: number | null): string =>
  value === null ? "-" : value.toExponential(2);
const fixed = (value: number | null): string =>
  value === null ? "-" : value < 1e-3 ? value.toExponential(1) : value.toFixed(4);

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

interface Report {
  readonly date: string;
  readonly command: string;
  readonly node: string;
  readonly processors: string;
  readonly revision: string;
  /** When memory was measured. */
  readonly memory: { readonly date: string };
  readonly sizes: readonly SizeRow[];
  readonly recovery: readonly RecoveryRow[];
  readonly approximation: readonly TargetRow[];
  readonly constructions: readonly ConstructionRow[];
}

const file = join(results, "factorization.json");

async function measured(): Promise<Report> {
  const sizes = sizeTable();
  return {
    ...facts,
    ...{ command: "pnpm experiment:factorization", node: process.version },
    processors: `${availableParallelism()} x ${cpus()[0]?.model ?? "unknown"}`,
    ...{ memory: { date: facts.date }, sizes },
    recovery: await recovery(),
    approximation: await approximation(),
    constructions: constructionErrors(),
  };
}

/** What was measured before, with memory as it is now. */
function remeasured(): Report {
  const before = JSON.parse(readFileSync(file, "utf8")) as Report;
  return { ...before, memory: { date: facts.date }, sizes: sizeTable(before.sizes) };
}

const started = performance.now();
const facts = {
  date: new Date().toISOString(),
  revision: execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim(),
};
const { values: flags } = parseArgs({ options: { memory: { type: "boolean", default: false } } });
const report = flags.memory ? remeasured() : await measured();
const perSize = (rows: readonly SizeRow[]): string =>
  table(
    [
      ...[
        "chain",
        "N",
        "numbers",
        "threads",
        "bounds",
        "seconds",
        "error",
        "peak memory / matrix",
        "bounded",
      ],
      ...["numpy: seconds", "error", "peak memory / matrix"],
    ],
    rows.map(
      ({ chain, n, kind, threads, bounds, seconds, error, peak, boundedPeak, reference }) => [
        chain,
        n,
        kind,
        threads,
        bounds ? "yes" : "no",
        seconds.toPrecision(3),
        fixed(error),
        peak.toFixed(2),
        boundedPeak.toFixed(2),
        reference?.seconds.toPrecision(3) ?? "-",
        fixed(reference?.error ?? null),
        reference?.peak.toFixed(2) ?? "-",
      ],
    ),
  );
const markdown = `# Factorization: errors, time and memory

Made by \`${report.command}\` on ${report.date.slice(0, 10)}, Node ${report.node}, ${report.processors}. Errors are relative, in the Frobenius norm.

## Recovery of random butterflies

What factorizing the product of random factors leaves, in float64 and in float32 (whose own rounding is 3e-8).

${table(
  ["chain", "N", "numbers", "tree", "float64", "float32"],
  report.recovery.map(({ chain, n, kind, tree, float64, float32 }) => [
    chain,
    n,
    kind,
    tree,
    scientific(float64),
    scientific(float32),
  ]),
)}

## Matrices that are known, and matrices that are no butterflies

Down the left-to-right tree. No butterfly of the chain has an error below the lower bound. Refined: after ten sweeps of alternating least squares.

${table(
  ["matrix", "chain", "parameters", "lower bound", "error", "upper bound", "refined"],
  report.approximation.map(({ matrix, chain, parameters, lower, error, upper, refined }) => [
    matrix,
    chain,
    `${(100 * parameters).toFixed(1)} %`,
    fixed(lower),
    fixed(error),
    fixed(upper),
    fixed(refined),
  ]),
)}

## Time and memory

Random float32 matrices in shared memory, which threads read without a copy; with the loops in WebAssembly of factorizationKernels(); the fastest of some repeats in a process of its own, which measures the error too. Memory: how far the process grew from before the matrix was there, over the bytes of the matrix; the start of threads is in it, where splits are large enough for them. V8 lets megabytes of garbage gather before it collects, whatever the size of the matrix, where there is so much: bounded is the same of a process with \`node ${BOUNDED}\`, which collects sooner. Memory was measured on ${report.memory.date.slice(0, 10)}. Beside it, where python3 and numpy are installed, the same algorithm as it is published, by batched singular value decompositions of LAPACK on one thread: experiments/factorization/reference.py, which finds no bounds and whose time has no measuring of the error in it.

${perSize(report.sizes)}

## Exact constructions

Largest error of an output for a random vector, over the norm of the definition's outputs by root mean square; the definition in float64 with angles reduced exactly.

${table(
  ["construction", "N", "float64", "float32"],
  report.constructions.map(({ name, n, float64, float32 }) => [
    name,
    n,
    scientific(float64),
    scientific(float32),
  ]),
)}
`;
writeFileSync(file, `${JSON.stringify(report, null, 1)}\n`);
writeFileSync(join(results, "factorization.md"), markdown);
console.log(markdown);
console.error(`${((performance.now() - started) / 1000).toFixed(0)} s`);
