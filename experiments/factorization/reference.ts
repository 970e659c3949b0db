import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";

/** What the published algorithm takes by numpy and LAPACK, on one thread. */
export interface Reference {
  readonly seconds: number;
  readonly error: number;
  /** How far the process grew, over the bytes of the matrix. */
  readonly peak: number;
}

interface ReferenceProblem {
  readonly patterns: readonly {
    readonly a: number;
    readonly b: number;
    readonly c: number;
    readonly d: number;
  }[];
  readonly n: number;
  readonly kind: "real" | "complex";
  /** The matrix, as reference.py reads it. */
  readonly file: string;
  readonly repeats: number;
}

/** Whether there is a python3 with numpy. */
export function hasNumpy(): boolean {
  return spawnSync("python3", ["-c", "import numpy"]).status === 0;
}

export function reference({ patterns, ...rest }: ReferenceProblem): Reference {
  const factors = patterns.map(({ a, b, c, d }) => [a, b, c, d]);
  const program = join(import.meta.dirname, "reference.py");
  const output = execFileSync("python3", [program, JSON.stringify({ factors, ...rest })], {
    encoding: "utf8",
    env: { ...process.env, OPENBLAS_NUM_THREADS: "1", OMP_NUM_THREADS: "1", MKL_NUM_THREADS: "1" },
  });
  return JSON.parse(output) as Reference;
}
