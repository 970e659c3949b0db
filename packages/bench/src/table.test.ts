import { describe, expect, it } from "vitest";
import { summarizeCase, summarizeRun } from "./summarize.ts";
import { summaryLines, TABLE_HEAD, tableRow } from "./table.ts";
import { caseOf, runOf, timed } from "./testing/results.ts";

const bmm = timed("bmm", [0.003], { multiply: [0.002], rewrite: [0.001] });
const won = caseOf("2,4,4,2", [timed("kronecker-sparse", [0.001]), bmm]);
const lost = caseOf("2,64,64,2", [timed("kronecker-sparse", [0.006]), bmm]);

describe("tableRow", () => {
  it("has a cell for each column", () => {
    expect(tableRow(summarizeCase(won))).toEqual([
      "2,4,4,2 x 128 f32 batch-last",
      "1.00 ms",
      "bmm",
      "3.00 ms",
      "×3.00",
      "0.50",
      "33 %",
    ]);
    expect(TABLE_HEAD).toHaveLength(7);
  });

  it("has dashes where nothing was timed", () => {
    expect(tableRow(summarizeCase(caseOf("2,4,4,2", []))).slice(1)).toEqual(Array(6).fill("-"));
  });
});

describe("summaryLines", () => {
  it("says how often the fused kernel wins, and by how much", () => {
    const text = summaryLines(summarizeRun(runOf([won, won, lost]))).join("\n");
    expect(text).toContain(
      "fastest of all in 2 of 3 (67 %), ×3.00 the best other in the median (×0.50 to ×3.00)",
    );
    expect(text).toContain(
      "(b+c)/(b*c) >= 1/16: the fused kernel is the fastest of all in 2 of 2 (100 %), ×3.00",
    );
    expect(text).toContain("0.50 times what bmm's product takes");
    expect(text).toContain("bmm spends 33 % of its time and 25 % of its bytes on its shuffles");
  });

  it("claims nothing where nothing was compared", () => {
    expect(summaryLines(summarizeRun(runOf([])))).toHaveLength(1);
  });
});
