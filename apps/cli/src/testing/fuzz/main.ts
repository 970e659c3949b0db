/**
 * Changes files of all formats that are read here, and reads them: each must be read or refused with a
 * code, within a second, in 64 MiB beside its size.
 *
 *     pnpm fuzz --minutes 10 --seed 1
 *     pnpm fuzz --cases 100000 --seed 1
 *     pnpm fuzz --readers numbers,results --minutes 10
 *     pnpm fuzz --seed 1 --case 1234 --save mutant.bin
 *
 * Exit status 1 when one is not. A case is repeated with the readers that it was found with.
 */
import { writeFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { mutantOf, runCase } from "./fuzz.ts";
import type { Verdict } from "./judge.ts";
import { openSubjects } from "./subjects.ts";
import type { Assignment } from "./worker.ts";

const { values: flags } = parseArgs({
  options: {
    minutes: { type: "string" },
    cases: { type: "string" },
    readers: { type: "string" },
    seed: { type: "string", default: "1" },
    case: { type: "string" },
    save: { type: "string" },
  },
});
const seed = Number(flags.seed);
const readers = flags.readers?.split(",");

/** Milliseconds after which a case counts as one that does not end. */
const HANGS_AFTER = 10_000;
/** Failures that are printed. */
const SHOWN = 20;

interface Counts {
  cases: number;
  read: number;
  refused: number;
  readonly codes: Set<string>;
  failures: number;
  /** Most that a case took. */
  seconds: number;
  growth: number;
}

if (flags.case === undefined) {
  const most = flags.cases === undefined ? Number.POSITIVE_INFINITY : Number(flags.cases);
  const minutes = Number(
    flags.minutes ?? (flags.cases === undefined ? 10 : Number.POSITIVE_INFINITY),
  );
  process.exitCode = (await fuzz(most, minutes)) ? 0 : 1;
} else {
  const subjects = openSubjects(readers);
  const { bytes } = mutantOf(subjects, seed, Number(flags.case));
  if (flags.save !== undefined) writeFileSync(flags.save, bytes, { flag: "wx" });
  console.log(await runCase(subjects, seed, Number(flags.case)));
}

/** @returns whether every file was read or refused as it must be */
async function fuzz(most: number, minutes: number): Promise<boolean> {
  const start = performance.now();
  const counts = new Map<string, Counts>();
  let failures = 0;
  let next = 0;
  const fail = (index: number, text: string): void => {
    if (++failures <= SHOWN) console.log(`case ${index} of seed ${seed}: ${text}`);
  };
  while (next < most && performance.now() - start < 60_000 * minutes) {
    next = await runFrom(
      next,
      most,
      start + 60_000 * minutes,
      (index, { subject, refused, failure, seconds, growth }) => {
        const count = counts.get(subject) ?? {
          cases: 0,
          read: 0,
          refused: 0,
          codes: new Set(),
          failures: 0,
          seconds: 0,
          growth: 0,
        };
        counts.set(subject, count);
        count.cases++;
        count.seconds = Math.max(count.seconds, seconds);
        count.growth = Math.max(count.growth, growth);
        if (failure !== undefined) {
          count.failures++;
          fail(index, `${subject} ${failure}`);
        } else if (refused === undefined) count.read++;
        else {
          count.refused++;
          count.codes.add(refused);
        }
      },
      (index) => fail(index, "does not end"),
    );
  }
  const rows = [...counts].map(([reader, { codes, seconds, growth, ...count }]) => ({
    reader,
    ...count,
    codes: codes.size,
    "most s": Number(seconds.toFixed(3)),
    "most MiB": Math.round(growth / 2 ** 20),
  }));
  console.table(rows);
  const all = rows.reduce((sum, { cases }) => sum + cases, 0);
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  const { rss } = process.memoryUsage();
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(
    `${all} mutants of seed ${seed} in ${seconds} s: ${failures} failures; ${Math.round(rss / 2 ** 20)} MiB in use, ${peak} MiB at most`,
  );
  return failures === 0;
}

type Reported = Verdict & { readonly subject: string };

/** Runs cases in a thread that can be stopped. Gives the number of the case to go on from. */
function runFrom(
  first: number,
  end: number,
  deadline: number,
  onCase: (index: number, reported: Reported) => void,
  onHang: (index: number) => void,
): Promise<number> {
  const progress = new Float64Array(new SharedArrayBuffer(16));
  progress[1] = Date.now();
  progress[0] = first;
  const workerData: Assignment = { readers, seed, first, end, progress };
  const worker = new Worker(new URL("worker.ts", import.meta.url), { workerData });
  let next = first;
  return new Promise((resolve, reject) => {
    const watch = setInterval(() => {
      const [index = 0, since = 0] = progress;
      const hangs = Date.now() - since > HANGS_AFTER;
      if (!hangs && performance.now() < deadline) return;
      clearInterval(watch);
      if (hangs) onHang(index);
      worker.removeAllListeners();
      void worker.terminate().then(() => resolve(hangs ? index + 1 : next));
    }, 500);
    worker.on("message", ({ index, ...reported }: Reported & { readonly index: number }) => {
      next = index + 1;
      onCase(index, reported);
    });
    worker.once("error", (error) => {
      clearInterval(watch);
      reject(error);
    });
    worker.once("exit", () => {
      clearInterval(watch);
      resolve(next);
    });
  });
}
