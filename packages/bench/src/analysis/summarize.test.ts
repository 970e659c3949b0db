import { describe, expect, it } from "vitest";
import { caseOf, runOf, timed, timedByWall } from "../testing/results.ts";
import { outcomeOf, summarizeCase, summarizeRun } from "./summarize.ts";

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
    expect([summary.ours?.implementation, summary.other?.implementation]).toEqual([
      "kronecker-sparse",
      "bmm",
    ]);
    expect(summary.speedup?.median).toBeCloseTo(2, 12);
    // The product of bmm alone takes 2 ms, the fused kernel 2.5 ms.
    expect(summary.overProduct).toBeCloseTo(1.25, 12);
    expect(summary.ranking[1]?.rewriting).toBeCloseTo(0.5, 12);
    expect(summary.ranking[1]?.rewritingBytes).toBeCloseTo(0.25, 12);
  });

  it("is by the wall clock throughout where one implementation has no other", () => {
    const byWall = timedByWall("ort-cpu-bmm", [0.003]);
    // The fused kernel's wall times are twice its device times, 5 ms in the median.
    const { speedup, other, ranking, clock } = summarizeCase(
      caseOf("4,16,16,4", [...won.results, byWall]),
    );
    expect(clock).toBe("wall");
    expect(other?.implementation).toBe("ort-cpu-bmm");
    expect(speedup?.median).toBeCloseTo(0.6, 12);
    // The table shows the same quotient as the summary.
    expect(ranking.map(({ time }) => time.median)).toEqual([0.003, 0.005, 0.01, 0.06]);
  });

  it("compares Papilio's fastest with the fastest of the others, never with Papilio's", () => {
    const { ours, other, speedup } = summarizeCase(
      caseOf("4,16,16,4", [
        timedByWall("cpu-wasm", [0.001]),
        timedByWall("planned", [0.002]),
        ...won.results,
      ]),
    );
    expect(ours?.implementation).toBe("cpu-wasm");
    expect(other?.implementation).toBe("bmm");
    expect(speedup?.median).toBeCloseTo(10, 12);
  });

  it("has no speed-up without one of Papilio's or without another", () => {
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

  it("is by one clock, also where a part of it could be by the other", () => {
    const beside = timedByWall("ort-cpu-bmm", [1, 1, 1]);
    const results = runOf([{ ...won, results: [...won.results, beside] }, lost]);
    const part = summarizeRun(results, (name) => name !== "ort-cpu-bmm");
    expect([summarizeRun(results).clock, part.clock]).toEqual(["wall", "wall"]);
    expect(part.cases.map(({ ours }) => ours?.time.median)).toEqual([0.005, 0.01]);
  });

  it("counts ×1.00 neither as won nor as lost", () => {
    const even = caseOf("2,8,8,2", [timed("kronecker-sparse", [1.004]), timed("bmm", [1])]);
    const { all, losses } = summarizeRun(runOf([even, won, lost]));
    expect(all).toMatchObject({ compared: 3, fastest: 1, even: 1 });
    expect(losses.map(({ result }) => result.chain)).toEqual([lost.chain]);
    for (const [value, outcome] of [
      [1.0051, "win"],
      [0.9949, "loss"],
      [0.9951, "even"],
      [1.0049, "even"],
    ] as const) {
      expect(outcomeOf({ median: value, lower: value, upper: value })).toBe(outcome);
    }
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
