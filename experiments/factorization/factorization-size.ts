import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { Chain } from "@papilio/butterfly";
import { factorize } from "@papilio/butterfly/factorization";
import { uniform } from "@papilio/butterfly/numeric";

/** What a factorization took in a process of its own. */
export interface SizeRow {
  readonly chain: "dyadic" | "Monarch";
  readonly n: number;
  readonly threads: number;
  readonly bounds: boolean;
  readonly seconds: number;
  /** How far the process grew, over the bytes of the matrix. */
  readonly peak: number;
}

/** Time and memory of growing matrices, on one thread and on all. */
export function sizeTable(): SizeRow[] {
  const rows: SizeRow[] = [];
  for (const chain of ["dyadic", "Monarch"] as const) {
    for (let n = 256; n <= 4096; n *= 2) {
      for (const threads of [1, availableParallelism()]) {
        for (const bounds of [false, true]) {
          if (bounds && chain === "Monarch") continue; // They are known from the only split.
          rows.push(inProcess({ chain, n, threads, bounds }));
          console.error(JSON.stringify(rows.at(-1)));
        }
      }
    }
  }
  return rows;
}

type Question = Pick<SizeRow, "chain" | "n" | "threads" | "bounds">;

function inProcess(question: Question): SizeRow {
  const args = [...process.execArgv, import.meta.filename, "--question", JSON.stringify(question)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as SizeRow;
}

async function answer(question: Question): Promise<SizeRow> {
  const { n, threads, bounds } = question;
  const chain = question.chain === "dyadic" ? Chain.squareDyadic(n) : Chain.monarch(n);
  // What the code itself takes is not counted.
  await factorize(new Float32Array(64 * 64).fill(1), Chain.squareDyadic(64), { threads });
  const before = process.memoryUsage.rss();
  // In shared memory, where threads read it without a copy.
  const dense = new Float32Array(new SharedArrayBuffer(4 * n * n));
  const next = uniform(1);
  for (let index = 0; index < dense.length; index++) dense[index] = next();
  const { seconds } = await factorize(dense, chain, { threads, bounds });
  const peak = (1024 * process.resourceUsage().maxRSS - before) / dense.byteLength;
  return { ...question, seconds, peak };
}

const { values } = parseArgs({ options: { question: { type: "string" } }, strict: false });
if (typeof values.question === "string") {
  console.log(JSON.stringify(await answer(JSON.parse(values.question) as Question)));
}
