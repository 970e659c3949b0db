import { parentPort, workerData } from "node:worker_threads";
import { runCase } from "./fuzz.ts";
import { openSubjects } from "./subjects.ts";

/** What a worker is started with, and what it tells. */
export interface Assignment {
  readonly readers: readonly string[] | undefined;
  readonly seed: number;
  readonly first: number;
  readonly end: number;
  /** The case under way, and when it began, in milliseconds. */
  readonly progress: Float64Array;
}

const { readers, seed, first, end, progress } = workerData as Assignment;
const subjects = openSubjects(readers);
for (let index = first; index < end; index++) {
  progress[0] = index;
  progress[1] = Date.now();
  const { subject, refused, failure, seconds, growth } = await runCase(subjects, seed, index);
  parentPort?.postMessage({ index, subject, refused, failure, seconds, growth });
}
