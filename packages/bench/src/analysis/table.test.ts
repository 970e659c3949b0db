import { describe, expect, it } from "vitest";
import { caseOf, runOf, timed } from "../testing/results.ts";
import { summarizeCase, summarizeRun } from "./summarize.ts";
import { summaryLines, TABLE_HEAD, tableRow } from "./table.ts";

const bmm = timed("bmm", [0.003], { multiply: [0.002], rewrite: [0.001] });
const won = caseOf("2,4,4,2", [timed("kronecker-sparse", [0.001]), bmm]);
const lost = caseOf("2,64,64,2", [timed("kronecker-sparse", [0.006]), bmm]);

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
