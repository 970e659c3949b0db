import { execFileSync } from "node:child_process";
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { Chain } from "@papilio/butterfly";
import { factorize } from "@papilio/butterfly/factorization";
import { uniform } from "@papilio/butterfly/numeric";
import { factorizationKernels } from "@papilio/cpu-runtime";
import { hasNumpy, type Reference, reference } from "./reference.ts";

/** What a factorization took in a process of its own. */
export interface SizeRow {
  readonly chain: "dyadic" | "Monarch";
  readonly n: number;
  readonly kind: "real" | "complex";
  readonly threads: number;
  readonly bounds: boolean;
  /** Of the fastest of some repeats. */
  readonly seconds: number;
  readonly error: number;
  /** How far the process grew, over the bytes of the matrix. */
  readonly peak: number;
  /** The same where V8 collects what is garbage at every megabyte: {@link BOUNDED}. */
  readonly boundedPeak: number;
  /** The same by numpy and LAPACK on one thread, without bounds; null where they are not installed. */
  readonly reference: Reference | null;
}

/** What bounds the memory that V8 lets garbage take before it collects it: a megabyte, not sixteen. */
export const BOUNDED = "--max-semi-space-size=1";

/**
 * Time and memory of growing matrices, on one thread and on all.
 *
 * @param timed rows whose times are kept, where memory alone is measured
 */
export function sizeTable(timed?: readonly SizeRow[]): SizeRow[] {
  const folder = mkdtempSync(join(tmpdir(), "papilio-factorization-"));
  try {
    const rows = rowsIn(folder);
    return timed === undefined ? rows : rows.map((row) => withTimes(row, timed));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Memory of one row, and the times of another. */
function withTimes(row: SizeRow, timed: readonly SizeRow[]): SizeRow {
  const found = timed.find((one) =>
    (["chain", "n", "kind", "threads", "bounds"] as const).every((key) => one[key] === row[key]),
  );
  if (found === undefined) return row;
  const { peak, boundedPeak, reference: own } = row;
  const { reference: before } = found;
  const kept = own && before ? { ...before, peak: own.peak } : before;
  return { ...found, peak, boundedPeak, reference: kept };
}

function rowsIn(folder: string): SizeRow[] {
  const rows: SizeRow[] = [];
  const file = join(folder, "matrix.bin");
  const numpy = hasNumpy();
  for (const kind of ["real", "complex"] as const) {
    for (let n = 256; n <= 4096; n *= 2) {
      const next = uniform(1);
      writeFileSync(
        file,
        Float32Array.from({ length: (kind === "real" ? 1 : 2) * n * n }, () => next()),
      );
      const repeats = Math.max(2, Math.min(20, 4096 / n));
      for (const name of ["dyadic", "Monarch"] as const) {
        const { patterns } = chainOf(name, n);
        const compared = numpy ? reference({ patterns, n, kind, file, repeats }) : null;
        for (const threads of [1, availableParallelism()]) {
          for (const bounds of [false, true]) {
            // Those of a Monarch chain are known from its only split.
            if (bounds && (name === "Monarch" || kind === "complex")) continue;
            const question = { chain: name, n, kind, threads, bounds, file, repeats };
            const { peak: boundedPeak } = inProcess(question, BOUNDED);
            rows.push({ ...inProcess(question), boundedPeak, reference: compared });
            console.error(JSON.stringify(rows.at(-1)));
          }
        }
      }
    }
  }
  return rows;
}

type Question = Pick<SizeRow, "chain" | "n" | "kind" | "threads" | "bounds"> & {
  readonly file: string;
  readonly repeats: number;
};
type Answer = Omit<SizeRow, "reference" | "boundedPeak">;

function inProcess(question: Question, ...flags: readonly string[]): Answer {
  const program = [import.meta.filename, "--question", JSON.stringify(question)];
  const args = [...process.execArgv, ...flags, ...program];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as Answer;
}

function chainOf(name: SizeRow["chain"], n: number): Chain {
  return name === "dyadic" ? Chain.squareDyadic(n) : Chain.monarch(n);
}

async function answer({ file, repeats, ...question }: Question): Promise<Answer> {
  const { chain, n, kind, threads, bounds } = question;
  // What the code itself takes is not counted; threads are, which splits of this size do not start.
  const kernels = factorizationKernels();
  await factorize(new Float32Array(64 * 64).fill(1), Chain.squareDyadic(64), { threads, kernels });
  const before = peakBytes();
  const dense = read(file, n, kind);
  let seconds = Number.POSITIVE_INFINITY;
  let error = Number.NaN;
  for (let repeat = 0; repeat < repeats; repeat++) {
    const found = await factorize(dense, chainOf(chain, n), { threads, bounds, kernels });
    seconds = Math.min(seconds, found.seconds);
    error = found.error;
  }
  const bytes = 4 * n * n * (kind === "real" ? 1 : 2);
  const peak = (peakBytes() - before) / bytes;
  return { ...question, seconds, error, peak };
}

/** The most memory that the process had: not what its parent had, as `resourceUsage` counts. */
function peakBytes(): number {
  const status = readFileSync("/proc/self/status", "utf8");
  return 1024 * Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]);
}

/** The matrix in shared memory, where threads read it without a copy. */
function read(
  file: string,
  n: number,
  kind: SizeRow["kind"],
): Float32Array | { re: Float32Array; im: Float32Array } {
  const numbers = new Float32Array(new SharedArrayBuffer((kind === "real" ? 4 : 8) * n * n));
  const opened = openSync(file, "r");
  readSync(opened, numbers);
  closeSync(opened);
  if (kind === "real") return numbers;
  return { re: numbers.subarray(0, n * n), im: numbers.subarray(n * n) };
}

const { values } = parseArgs({ options: { question: { type: "string" } }, strict: false });
if (typeof values.question === "string") {
  console.log(JSON.stringify(await answer(JSON.parse(values.question) as Question)));
}
