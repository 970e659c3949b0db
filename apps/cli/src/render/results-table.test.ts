import { summarizeCase, summarizeRun } from "@papilio/bench/analysis";
import { type BenchResults, type CaseResult, parseResults } from "@papilio/bench/results";
import { describe, expect, it } from "vitest";
import { resultsText, timed } from "../testing/results-records.ts";
import { summaryLines, TABLE_HEAD, tableRow } from "./results-table.ts";

const whole = parseResults(resultsText(1));

function caseOf(chain: string, results: CaseResult["results"]): CaseResult {
  return { ...(whole.cases[0] as CaseResult), chain, batch: 128, results };
}

function runOf(cases: readonly CaseResult[]): BenchResults {
  return { ...whole, cases };
}

/** One third of its time, and a quarter of its bytes, are shuffles. */
const bmm = withShuffles(timed("bmm", 0.003));
const won = caseOf("2,4,4,2", [timed("kronecker-sparse", 0.001), bmm]);
const lost = caseOf("2,64,64,2", [timed("kronecker-sparse", 0.006), bmm]);

function withShuffles(entry: CaseResult["results"][number]): CaseResult["results"][number] {
  if (entry.status !== "timed") throw new Error("not timed");
  const timing = { ...entry.timing, multiply: [0.002], rewrite: [0.001] };
  return { ...entry, timing, traffic: { multiply: 3000, rewrite: 1000 } };
}

describe("tableRow", () => {
  it("has a cell for each column", () => {
    expect(tableRow(summarizeCase(won))).toEqual([
      "2,4,4,2 x 128\nf32 batch-last",
      "kronecker-sparse\n1.00 ms",
      "bmm\n3.00 ms",
      "×3.00",
    ]);
    expect(TABLE_HEAD).toHaveLength(4);
  });

  it("has dashes where nothing was timed", () => {
    expect(tableRow(summarizeCase(caseOf("2,4,4,2", []))).slice(1)).toEqual(Array(3).fill("-"));
  });
});

describe("summaryLines", () => {
  it("says how often Papilio's are the faster, and by how much", () => {
    const text = summaryLines(summarizeRun(runOf([won, won, lost]))).join("\n");
    expect(text).toContain(
      "faster than the best other in 2 of 3 (67 %), ×3.00 as fast in the median (×0.50 to ×3.00)",
    );
    expect(text).toContain(
      "(b+c)/(b*c) >= 1/16: the best of Papilio's is faster than the best other in 2 of 2 (100 %), ×3.00",
    );
    expect(text).toContain("0.50 times what bmm's product takes");
    expect(text).toContain("bmm spends 33 % of its time and 25 % of its bytes on its shuffles");
  });

  it("claims nothing where nothing was compared", () => {
    expect(summaryLines(summarizeRun(runOf([])))).toHaveLength(1);
  });
});
