import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BenchResults, parseResults } from "@papilio/bench/results";
import { PapilioError } from "@papilio/butterfly";
import { uniform } from "@papilio/butterfly/numeric";
import { findResultsFile, openResults } from "../files/results-file.ts";
import { caseRecord, RUN, resultsText } from "./results-records.ts";

const MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** What became of a damaged results file when its run was resumed. */
export interface Resumed {
  readonly before: Buffer;
  readonly after: Buffer;
  /** What files beside it hold. */
  readonly aside: readonly Buffer[];
  /** What the run left of it read, or the error that refused it. */
  readonly results: BenchResults | PapilioError;
}

/**
 * Resumes the run of a results file with these bytes, and measures one more case.
 *
 * @throws Error any error without a code
 */
export async function resume(before: Buffer): Promise<Resumed> {
  const folder = mkdtempSync(join(tmpdir(), "papilio-resume-"));
  try {
    const path = join(folder, "results.jsonl");
    writeFileSync(path, before);
    let results: BenchResults | PapilioError;
    try {
      await using sink = await openResults(await findResultsFile(path, []), RUN);
      await sink.append(caseRecord(9999));
      results = await sink.read();
    } catch (error) {
      if (!(error instanceof PapilioError)) throw error;
      results = error;
    }
    const others = readdirSync(folder).filter((name) => name !== "results.jsonl");
    return {
      before,
      after: readFileSync(path),
      aside: others.map((name) => readFileSync(join(folder, name))),
      results,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Batches of the cases whose lines are whole in a file, by reading each line alone. */
export function wholeCases(bytes: Buffer): number[] {
  const text = bytes.toString("utf8").replace(/^\uFEFF+/, "");
  return text.split("\n").flatMap((line) => {
    try {
      const { record, batch } = JSON.parse(line);
      return record === "case" ? [batch as number] : [];
    } catch {
      return [];
    }
  });
}

/** Random numbers from 0 to 1. */
function shares(seed: number): () => number {
  const next = uniform(seed);
  return () => (next() + 1) / 2;
}

/** A results file of a few cases, with a mark or without, cut at a random byte. */
export function cutFile(seed: number): Buffer {
  const next = shares(seed);
  const cases = Math.floor(4 * next());
  const text = resultsText(cases);
  const whole = Buffer.from(next() < 0.5 ? text : text.replace(/\n$/, ""));
  const marked = next() < 0.5 ? Buffer.concat([MARK, whole]) : whole;
  // A third ends with a whole line, where the line end is what is missing or not.
  if (next() < 2 / 3) return marked.subarray(0, Math.floor((marked.length + 1) * next()));
  const ends = [...marked.keys()].filter((index) => marked[index] === 0x0a);
  const end = ends[Math.floor(ends.length * next())] ?? marked.length;
  return marked.subarray(0, end + Math.floor(2 * next()));
}

/** A results file with a few random changes of any kind. */
export function mutateFile(seed: number): Buffer {
  const next = shares(seed);
  const below = (count: number): number => Math.floor(count * next());
  let bytes = Buffer.from(resultsText(below(4)));
  for (let changes = 1 + below(3); changes > 0; changes--) {
    const [at, end] = [below(bytes.length + 1), below(bytes.length + 1)].toSorted(
      (a, b) => a - b,
    ) as [number, number];
    const [head, middle, tail] = [
      bytes.subarray(0, at),
      bytes.subarray(at, end),
      bytes.subarray(end),
    ];
    const parts = [
      [head],
      [head, tail],
      [head, middle, middle, tail],
      [MARK, bytes],
      [head, MARK, middle, tail],
      [head, Buffer.alloc(below(64)), middle, tail],
      [head, Buffer.from("\n\r\n"), middle, tail],
      [bytes, bytes],
      [head, Buffer.from([below(256)]), bytes.subarray(at + 1)],
      [head, Buffer.from('{"record":"run"}\n'), middle, tail],
      [head, Buffer.from("[".repeat(below(2000))), middle, tail],
      [head, Buffer.from("9".repeat(below(400))), middle, tail],
      [tail, middle, head],
    ];
    bytes = Buffer.concat(parts[below(parts.length)] as Buffer[]);
  }
  return bytes;
}

/**
 * What resuming any file must do: keep every byte of it, in its place or beside it, and every case that
 * could be read; a file that is refused is as it was.
 *
 * @throws Error naming what was lost
 */
export function assertNothingLost({ before, after, aside, results }: Resumed): void {
  const kept = after.subarray(0, before.length).equals(before);
  if (!kept && !aside.some((bytes) => bytes.equals(before))) throw new Error("bytes were lost");
  if (results instanceof PapilioError) {
    if (!after.equals(before)) throw new Error(`refused with ${results.code}, and changed`);
    return;
  }
  const read = new Set(results.cases.map(({ batch }) => batch));
  const lost = wholeCases(before).filter((batch) => !read.has(batch));
  if (lost.length > 0) throw new Error(`the cases of batches ${lost} were lost`);
  if (!read.has(9999)) throw new Error("the new case was lost");
  parseResults(after.toString("utf8"));
}
