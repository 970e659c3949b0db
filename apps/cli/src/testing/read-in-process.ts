/**
 * Reads one file with one reader in a process of its own, and prints what the process grew by: its
 * largest size in the end less its size when it had read a small file.
 *
 *     node read-in-process.ts matrix small.csv large.csv
 */
import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { PapilioError } from "@papilio/butterfly";
import { loadStateDict } from "@papilio/nn/node";
import { readJson } from "../files/input-file.ts";
import { readMatrix } from "../files/matrix-file.ts";
import { readArray } from "../models/array-file.ts";

/** What reads a file, by its name on the command line. */
const READERS: Readonly<Record<string, (path: string) => unknown>> = {
  matrix: (path) => readMatrix(path, undefined, "float32"),
  "matrix in double precision": (path) => readMatrix(path, undefined, "float64"),
  array: (path) => readArray(path),
  weights: (path) => loadStateDict(path),
  JSON: (path) => readJson(path, "of JSON"),
};

/** What a reader says to a file. */
export interface Reading {
  /** Bytes that the process grew by. */
  readonly growth: number;
  /** The code that the file was refused with. */
  readonly refused?: string;
}

/** Bytes that this process had in memory at most. `maxRSS` knows those of its parent too, on Linux. */
function largestSize(): number {
  const status = existsSync("/proc/self/status") ? readFileSync("/proc/self/status", "utf8") : "";
  const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1];
  return 1024 * Number(kilobytes ?? process.resourceUsage().maxRSS);
}

const [reader = "", small = "", large = ""] = process.argv.slice(2);
const read = READERS[reader] as (typeof READERS)[string];
await read(small);
const before = process.memoryUsage.rss();
let refused: string | undefined;
try {
  await read(large);
} catch (error) {
  if (!(error instanceof PapilioError)) throw error;
  refused = error.code;
}
const reading: Reading = {
  growth: largestSize() - before,
  ...(refused === undefined ? {} : { refused }),
};
console.log(JSON.stringify(reading));
