import { describe, expect, it } from "vitest";
import { summarizeCase, summarizeRun } from "./summarize.ts";
import { caseOf, runOf, timed, timedByWall } from "./testing/results.ts";

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
    expect(summary.bestOther).toBe("bmm");
    expect(summary.speedup?.median).toBeCloseTo(2, 12);
    // The product of bmm alone takes 2 ms, the fused kernel 2.5 ms.
    expect(summary.overProduct).toBeCloseTo(1.25, 12);
    expect(summary.ranking[1]?.rewriting).toBeCloseTo(0.5, 12);
    expect(summary.ranking[1]?.rewritingBytes).toBeCloseTo(0.25, 12);
  });

  it("compares by the wall clock where one side has no other", () => {
    const byWall = timedByWall("ort-cpu-bmm", [0.003]);
    // The fused kernel's wall times are twice its device times, 5 ms in the median.
    const { speedup, bestOther } = summarizeCase(caseOf("4,16,16,4", [...won.results, byWall]));
    expect(bestOther).toBe("ort-cpu-bmm");
    expect(speedup?.median).toBeCloseTo(0.6, 12);
  });

  it("has no speed-up without the fused kernel or without another", () => {
    expect(summarizeCase(caseOf("1,2,2,2", [bmm])).speedup).toBeUndefined();
    const alone = caseOf("1,2,2,2", [timed("kronecker-sparse", [1])]);
    expect(summarizeCase(alone).speedup).toBeUndefined();
  });
});

describe("a run", () => {
  it("counts cases with several blocks only, and names those it loses", () => {
    const summary = summarizeRun(runOf([won, lost, oneBlock]));
    expect(summary.all).toMatchObject({ compared: 2, fastest: 1, surelyFastest: 1 });
    expect(summary.all.speedup?.median).toBeCloseTo((2 + 0.8) / 2, 12);
    expect([summary.all.speedup?.least, summary.all.speedup?.most]).toEqual([0.8, 2]);
    // (b+c)/(b*c) is 1/8 for 16 x 16 blocks and 1/256 for 512 x 512.
    expect(summary.highRatio).toMatchObject({ compared: 1, speedup: { median: 2 } });
    expect(summary.all.rewriting).toBeCloseTo(0.5, 12);
    expect(summary.losses.map(({ name }) => name)).toEqual(["4,512,512,1 x 128 f32 batch-last"]);
  });

  it("is grouped by type and layout", () => {
    const other = { ...lost, dtype: "f16", layout: "batch-first" } as const;
    const { groups } = summarizeRun(runOf([won, other]));
    expect(groups).toMatchObject([
      { dtype: "f32", layout: "batch-last", compared: 1, fastest: 1 },
      { dtype: "f16", layout: "batch-first", compared: 1, fastest: 0 },
    ]);
  });

  it("compares some implementations only, on request", () => {
    const { all } = summarizeRun(runOf([won]), (name) => name !== "bmm");
    expect(all.speedup?.median).toBeCloseTo(0.03 / 0.0025, 12);
  });

  it("counts wide intervals", () => {
    const steady = caseOf("2,4,4,2", [timed("bmm", [1, 1, 1, 1.05])]);
    const shaky = caseOf("4,4,4,2", [timed("bmm", [1, 1, 2, 2])]);
    expect(summarizeRun(runOf([steady, shaky])).wide).toEqual({ count: 1, of: 2 });
  });
});
