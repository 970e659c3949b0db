import { setTimeout as sleep } from "node:timers/promises";
import {
  assembleResults,
  type BenchResults,
  type CaseResult,
  caseName,
  type Environment,
  formatRecord,
  parseResults,
  type ResultRecord,
  type RunRecord,
  runDifferences,
  type SkippedCase,
} from "@papilio/bench/results";
import { PapilioError } from "@papilio/butterfly";
import { OutputFile, unwritable } from "@papilio/gpu-runtime/node";
import { isStandardOutput } from "../process/standard-output.ts";
import { linesOf } from "./file-pieces.ts";
import { readAsItIs } from "./input-file.ts";
import { assertNotRead, inspectOutput } from "./outputs.ts";
import { openRecords, type RecordWriter } from "./record-writer.ts";
import { endOf, setAside } from "./results-end.ts";

/** Where the records of a run go as they come. */
export interface ResultsSink extends AsyncDisposable {
  /** What an earlier part of the same run left. */
  readonly before: BenchResults | undefined;
  /** @throws PapilioError `DISK_FULL`, `OUTPUT_FAILED` */
  append(record: ResultRecord): Promise<void>;
  /** What this program has written of the run by now, after what an earlier part left. */
  soFar(): BenchResults;
  /** All of the run, earlier parts included. */
  read(): Promise<BenchResults>;
}

/** Where records are to go; nowhere when they are kept in memory alone. */
export type ResultsFile = OutputFile | "stdout" | undefined;

/** How long a last line without an end is looked at: another program may be writing it. */
const SETTLE_MS = 200;
const MOST_LOOKS = 50;

/**
 * Finds, before any work, where records can go.
 *
 * @param path a file's path, `-` for stdout, or undefined
 * @param inputs files that the command reads
 * @throws PapilioError `OUTPUT_UNWRITABLE`, `OUTPUT_IS_INPUT`
 */
export async function findResultsFile(
  path: string | undefined,
  inputs: readonly string[],
): Promise<ResultsFile> {
  if (path === undefined) return undefined;
  if (path === "-") return "stdout";
  const file = await inspectOutput(path);
  if (file.kind === "disk") throw unwritable(path, "it is a disk");
  await assertNotRead(file, inputs);
  return isStandardOutput(file) ? "stdout" : file;
}

/**
 * Opens what a run's records are appended to. Where a file holds a part of the same run already, all
 * of it is kept and the run goes on; nothing in it is changed. A file whose first line was cut off
 * is kept under another name, and begun again. Pipes and devices are never read.
 *
 * @param run the first record
 * @throws PapilioError `RESULTS_OTHER_RUN` when it holds another run; `DISK_FULL`, `OUTPUT_FAILED`; and what
 *   `parseResults` throws
 */
export async function openResults(file: ResultsFile, run: RunRecord): Promise<ResultsSink> {
  if (file === undefined || file === "stdout" || file.kind === "stream") {
    return inMemory(run, await openRecords(file, formatRecord(run)));
  }
  if (file.kind === "new") {
    const created = await create(file, formatRecord(run));
    if (created) return appendTo(file, run, undefined);
    // Another program was faster.
    return openResults(await OutputFile.inspect(file.path), run);
  }
  const bytes = await readSettled(file.path);
  const end = endOf(bytes);
  if (end === "cut header") await setAside(file, bytes);
  if (end === "empty" || end === "cut header")
    return appendTo(file, run, undefined, formatRecord(run));
  const before = parseResults(linesOf([bytes]));
  assertSameRun(file.path, before, run);
  const { date, load } = run.environment;
  const resume = formatRecord({ record: "resume", date, load });
  // In one write with what ends the last line, so that the line after one that was cut off says why.
  return appendTo(file, run, before, `${end === "line" ? "" : "\n"}${resume}`);
}

/** Where the run was made that a file holds a part of; undefined where it holds none. */
export async function environmentInFile(file: ResultsFile): Promise<Environment | undefined> {
  if (file === undefined || file === "stdout" || file.kind !== "file") return undefined;
  const bytes = await readSettled(file.path);
  const end = endOf(bytes);
  if (end === "empty" || end === "cut header") return undefined;
  return parseResults(linesOf([bytes])).environment;
}

/** Creates the file with its first line, whole; false where there is one by now. */
async function create(file: OutputFile, line: string): Promise<boolean> {
  await file.stage(line);
  try {
    await file.commit();
    return true;
  } catch (error) {
    await file.discard();
    if (error instanceof PapilioError && error.code === "OUTPUT_CHANGED") return false;
    throw error;
  }
}

async function appendTo(
  file: OutputFile,
  run: RunRecord,
  before: BenchResults | undefined,
  first?: string,
): Promise<ResultsSink> {
  const { path } = file;
  const records = await openRecords(file, first);
  const soFar = new ResultsSoFar(run, before);
  return {
    before,
    append: async (record) => {
      await records.write(formatRecord(record));
      soFar.add(record);
    },
    soFar: () => soFar.results,
    read: async () => parseResults(linesOf([await readAsItIs(path)])),
    [Symbol.asyncDispose]: () => records[Symbol.asyncDispose](),
  };
}

function inMemory(run: RunRecord, writer: RecordWriter): ResultsSink {
  const soFar = new ResultsSoFar(run, undefined);
  return {
    before: undefined,
    append: async (record) => {
      await writer.write(formatRecord(record));
      soFar.add(record);
    },
    soFar: () => soFar.results,
    read: () => Promise.resolve(soFar.results),
    [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
  };
}

/** The results of a run as its records come. */
class ResultsSoFar {
  readonly #start: BenchResults;
  readonly #cases: CaseResult[];
  readonly #skipped: SkippedCase[];
  #complete = false;

  constructor(run: RunRecord, before: BenchResults | undefined) {
    this.#start = before ?? assembleResults([run]);
    this.#cases = [...this.#start.cases];
    this.#skipped = [...this.#start.skipped];
  }

  /** Takes a record of a case that was not measured before. */
  add(record: ResultRecord): void {
    if (record.record === "case") this.#cases.push(record);
    else if (record.record === "skip") this.#skipped.push(record);
    this.#complete = record.record === "end";
  }

  get results(): BenchResults {
    const measured = new Set(this.#cases.map(caseName));
    return {
      ...this.#start,
      cases: this.#cases,
      skipped: this.#skipped.filter((one) => !measured.has(caseName(one))),
      complete: this.#complete,
    };
  }
}

/** A file's bytes, once nobody is in the middle of its last line. */
async function readSettled(path: string): Promise<Uint8Array> {
  let bytes = await readAsItIs(path);
  for (let looks = 0; bytes.length > 0 && bytes.at(-1) !== 0x0a && looks < MOST_LOOKS; looks++) {
    await sleep(SETTLE_MS);
    const again = await readAsItIs(path);
    const settled = again.length === bytes.length;
    bytes = again;
    if (settled) break;
  }
  return bytes;
}

/** @throws PapilioError `RESULTS_OTHER_RUN` */
function assertSameRun(path: string, before: BenchResults, run: RunRecord): void {
  const different = runDifferences(before, run);
  if (different.length === 0) return;
  throw new PapilioError(
    "RESULTS_OTHER_RUN",
    `The file ${path} holds a run with other ${different.join(", ")}.`,
    "Give another file for the new run, or the same settings to go on with that one.",
  );
}
