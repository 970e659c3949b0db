/**
 * Reads one file with one reader in a process of its own, and prints what the process grew by, its
 * largest size in the end less its size when it had read a small file, and how much of that is what
 * was read.
 *
 *     node --expose-gc read-in-process.ts matrix small.csv large.csv
 */
import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { parseLayers } from "@papilio/bench/select";
import { PapilioError } from "@papilio/butterfly";
import { loadStateDict } from "@papilio/nn/node";
import { huggingFaceTokenizer, llama2cTokenizer } from "@papilio/nn/tokenizers";
import { readBytes, readJson, readText } from "../files/input-file.ts";
import { readMatrix } from "../files/matrix-file.ts";
import { readResults } from "../files/results-input.ts";
import { decodeImage } from "../images/decode-image.ts";
import { readArray } from "../models/array-file.ts";

/** What reads a file, by its name on the command line. */
const READERS: Readonly<Record<string, (path: string) => unknown>> = {
  matrix: (path) => readMatrix(path, undefined, "float32"),
  "matrix in double precision": (path) => readMatrix(path, undefined, "float64"),
  array: (path) => readArray(path),
  weights: (path) => loadStateDict(path),
  JSON: (path) => readJson(path, "of JSON"),
  tokenizer: async (path) => huggingFaceTokenizer(await readBytes(path)),
  "llama2.c tokenizer": async (path) => llama2cTokenizer(await readBytes(path)),
  results: async (path) => (await readResults(path)).multiplications(),
  "results of models": async (path) => (await readResults(path)).models(),
  layers: async (path) => parseLayers(await readText(path)),
  image: async (path) => decodeImage(path, await readBytes(path)),
};

/** What a reader says to a file. */
export interface Reading {
  /** Bytes that the process grew by. */
  readonly growth: number;
  /** Bytes of what was read, as long as the caller keeps it. */
  readonly result: number;
  /** The code that the file was refused with. */
  readonly refused?: string;
}

/** Bytes that this process had in memory at most. `maxRSS` knows those of its parent too, on Linux. */
function largestSize(): number {
  const status = existsSync("/proc/self/status") ? readFileSync("/proc/self/status", "utf8") : "";
  const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1];
  return 1024 * Number(kilobytes ?? process.resourceUsage().maxRSS);
}

/** Bytes that are in use, when nothing is left that is not. */
function bytesInUse(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const [reader = "", small = "", large = ""] = process.argv.slice(2);
const read = READERS[reader] as (typeof READERS)[string];
await read(small);
const [before, used] = [process.memoryUsage.rss(), bytesInUse()];
let refused: string | undefined;
let result: unknown;
try {
  result = await read(large);
} catch (error) {
  if (!(error instanceof PapilioError)) throw error;
  refused = error.code;
}
const growth = largestSize() - before;
const reading: Reading = {
  growth,
  result: result === undefined ? 0 : Math.max(0, bytesInUse() - used),
  ...(refused === undefined ? {} : { refused }),
};
console.log(JSON.stringify(reading));
// Until here it is kept.
if (result === process) process.exit(1);
