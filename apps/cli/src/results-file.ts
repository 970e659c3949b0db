import { appendFileSync, statSync, truncateSync } from "node:fs";
import {
  assembleResults,
  type BenchResults,
  formatRecord,
  parseResults,
  type ResultRecord,
  type RunRecord,
} from "@papilio/bench";
import { PapilioError } from "@papilio/butterfly";
import { readText } from "./input-file.ts";

/** Where the records of a run go as they come. */
export interface ResultsSink {
  /** What an earlier part of the same run left. */
  readonly before: BenchResults | undefined;
  append(record: ResultRecord): void;
  /** All of the run, earlier parts included. */
  read(): Promise<BenchResults>;
}

/**
 * Opens the file that a run's records are appended to. Where it holds a part of the same run
 * already, what is there is kept and a line that was cut off is taken away; the run goes on.
 *
 * @param path a file's path, `-` for stdout, or undefined to keep the records in memory alone
 * @param run the first record
 * @throws PapilioError `RESULTS_OTHER_RUN` when it holds another run, and what `parseResults` throws
 */
export async function openResults(path: string | undefined, run: RunRecord): Promise<ResultsSink> {
  if (path === undefined || path === "-") return inMemory(run, path === "-");
  const text = await readIfThere(path);
  const append = (record: ResultRecord): void => appendFileSync(path, formatRecord(record));
  const read = async (): Promise<BenchResults> => parseResults(await readText(path));
  if (text === undefined || text === "") {
    append(run);
    return { before: undefined, append, read };
  }
  const before = parseResults(text);
  assertSameRun(path, before, run);
  const whole = text.lastIndexOf("\n") + 1;
  if (whole < text.length) truncateSync(path, Buffer.byteLength(text.slice(0, whole)));
  const { date, load } = run.environment;
  append({ record: "resume", date, load });
  return { before, append, read };
}

function inMemory(run: RunRecord, print: boolean): ResultsSink {
  const records: ResultRecord[] = [];
  const append = (record: ResultRecord): void => {
    records.push(record);
    if (print) process.stdout.write(formatRecord(record));
  };
  append(run);
  return { before: undefined, append, read: () => Promise.resolve(assembleResults(records)) };
}

async function readIfThere(path: string): Promise<string | undefined> {
  return statSync(path, { throwIfNoEntry: false }) && (await readText(path));
}

function assertSameRun(path: string, before: BenchResults, run: RunRecord): void {
  const facts = ({ environment, options, implementations }: RunRecord | BenchResults): object => ({
    adapter: environment.adapter.name,
    driver: environment.adapter.driver,
    versions: environment.versions,
    ...options,
    implementations: implementations.map(({ name }) => name).toSorted(),
  });
  const [old, fresh] = [Object.entries(facts(before)), new Map(Object.entries(facts(run)))];
  const different = old
    .filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(fresh.get(key)))
    .map(([key, value]) => `${key} (${JSON.stringify(value)} there)`);
  if (different.length === 0) return;
  throw new PapilioError(
    "RESULTS_OTHER_RUN",
    `The file ${path} holds a run with other ${different.join(", ")}.`,
    "Give another file for the new run, or the same settings to go on with that one.",
  );
}
