import { describe, expect, it } from "vitest";
import { renderMarkdown } from "./markdown.ts";
import { summarizeCase, summarizeRun } from "./summarize.ts";
import { caseOf, resultsOf, timed } from "./testing/results.ts";

const bmm = timed("bmm", [0.004, 0.005, 0.006], {
  multiply: [0.002, 0.002, 0.002],
  rewrite: [0.002, 0.002, 0.002],
});
const won = caseOf("4,16,16,4", [
  timed("kronecker-sparse", [0.002, 0.0025, 0.0026]),
  bmm,
  timed("csr", [0.02, 0.03, 0.04]),
]);
const lost = caseOf("4,512,512,1", [timed("kronecker-sparse", [0.005]), timed("bmm", [0.004])]);
const oneBlock = caseOf("1,8,8,1", [timed("kronecker-sparse", [0.005]), timed("bmm", [0.001])]);

describe("a case", () => {
  it("is ranked by device time, with the speed-up over the best other", () => {
    const summary = summarizeCase(won);
    expect(summary.ranking.map(({ implementation }) => implementation)).toEqual([
      "kronecker-sparse",
      "bmm",
      "csr",
    ]);
    expect(summary.speedup).toBeCloseTo(2, 12);
    // The product of bmm alone takes 2 ms, the fused kernel 2.5 ms.
    expect(summary.overProduct).toBeCloseTo(1.25, 12);
    expect(summary.ranking[1]?.rewriting).toBeCloseTo(0.5, 12);
  });

  it("has no speed-up without the fused kernel or without another", () => {
    expect(summarizeCase(caseOf("1,2,2,2", [bmm])).speedup).toBeUndefined();
    const alone = caseOf("1,2,2,2", [timed("kronecker-sparse", [1])]);
    expect(summarizeCase(alone).speedup).toBeUndefined();
  });
});

describe("a run", () => {
  it("counts cases with several blocks only, and names those it loses", () => {
    const summary = summarizeRun(resultsOf([won, lost, oneBlock]));
    expect(summary).toMatchObject({ compared: 2, fastest: 1, highRatioCases: 1 });
    expect(summary.medianSpeedup).toBeCloseTo((2 + 0.8) / 2, 12);
    // (b+c)/(b*c) is 1/8 for 16 x 16 blocks and 1/256 for 512 x 512.
    expect(summary.medianSpeedupHighRatio).toBeCloseTo(2, 12);
    expect(summary.medianRewriting).toBeCloseTo(0.5, 12);
    expect(summary.losses.map(({ name }) => name)).toEqual(["4,512,512,1 x 128 f32 batch-last"]);
  });

  it("is written as Markdown with adapter, losses and skipped cases", () => {
    const markdown = renderMarkdown({
      ...resultsOf([won, lost]),
      skipped: [{ case: "1,2,2,2 x 1 f16 batch-last", reason: "no half precision" }],
      complete: false,
    });
    expect(markdown).toContain("Adapter: test adapter (software; test driver 1.0)");
    expect(markdown).toContain("fastest of all in 1 of 2 cases with several blocks (50 %)");
    expect(markdown).toContain("The run was stopped");
    const losses = markdown.split("## Losing cases")[1]?.split("## All cases")[0];
    expect(losses).toContain(
      "| 4,512,512,1 x 128 f32 batch-last | 5.00 ms | bmm | 4.00 ms | x0.80 |",
    );
    expect(losses).not.toContain("4,16,16,4");
    expect(markdown).toContain("- 1,2,2,2 x 1 f16 batch-last: no half precision");
  });
});
