import { Chain } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import type { Case } from "./case.ts";
import type { Implementation } from "./implementation.ts";
import { Pace } from "./pace.ts";
import type { CaseResult } from "./results.ts";
import { caseOf, timed } from "./testing/results.ts";

const rates = { copyBytesPerSecond: 1e9, flopsPerSecond: 1e9, dispatchSeconds: 0 };
const fused = { name: "kronecker-sparse" } as Implementation;
const dense = { name: "dense", arithmetic: "product" } as Implementation;

const item = (chain: string, batch = 128): Case => ({
  chain: Chain.parse(chain),
  batch,
  dtype: "f32",
  layout: "batch-last",
});
/** Wall times are twice those given, 0.2 s and 0.8 s. */
const measured: CaseResult = {
  ...caseOf("4,64,64,4", [timed("kronecker-sparse", [0.1]), timed("dense", [0.4])]),
  seconds: 20,
};

describe("the pace of a run", () => {
  it("is unknown before the first case", () => {
    const pace = new Pace([fused, dense], rates);
    expect(pace.runSeconds(fused, item("4,64,64,4"))).toBeUndefined();
    expect(pace.caseSeconds(item("4,64,64,4"))).toBeUndefined();
    expect(pace.left([item("4,64,64,4")], 100)).toBeUndefined();
    expect(pace.spent).toBe(0);
  });

  it("is what was measured for the same case, and follows the work for others", () => {
    const pace = new Pace([fused, dense], rates);
    pace.learn(measured);
    expect(pace.spent).toBe(20);
    expect(pace.runSeconds(fused, item("4,64,64,4"))).toBeCloseTo(0.2, 10);
    expect(pace.caseSeconds(item("4,64,64,4"))).toBeCloseTo(20, 10);
    // Eight times the blocks: eight times the work of the fused kernel, and 64 times the dense.
    expect(pace.runSeconds(fused, item("32,64,64,4"))).toBeCloseTo(1.6, 6);
    const ratio = (pace.runSeconds(dense, item("32,64,64,4")) as number) / 0.8;
    expect(ratio).toBeGreaterThan(40);
    expect(ratio).toBeLessThanOrEqual(64);
  });

  it("is known for each type and layout by itself", () => {
    const pace = new Pace([fused, dense], rates);
    pace.learn(measured);
    expect(pace.runSeconds(fused, { ...item("4,64,64,4"), dtype: "f16" })).toBeUndefined();
    // A case as a whole is foretold from all cases.
    expect(pace.caseSeconds({ ...item("4,64,64,4"), layout: "batch-first" })).toBeCloseTo(20, 10);
  });

  it("foretells cases by what they took: the same for all, or in proportion to their work", () => {
    const learned = (seconds: (blocks: number) => number): Pace => {
      const pace = new Pace([fused], rates);
      for (const blocks of [1, 4, 16, 64, 256, 1024]) {
        pace.learn({ ...caseOf(`${blocks},64,64,4`, []), seconds: seconds(blocks) });
      }
      return pace;
    };
    expect(learned(() => 3).caseSeconds(item("32,64,64,4"))).toBeCloseTo(3, 0);
    expect(learned((blocks) => blocks / 8).caseSeconds(item("32,64,64,4"))).toBeCloseTo(4, 0);
  });

  it("does not foretell again what was spent once on an implementation that is too slow", () => {
    const pace = new Pace([fused, dense], rates);
    pace.observe(dense, item("4,64,64,4"), 3, 15);
    pace.learn(measured);
    expect(pace.spent).toBe(20);
    expect(pace.caseSeconds(item("4,64,64,4"))).toBeCloseTo(5, 10);
    // The run of 3 s, and the one of 0.8 s in the results.
    expect(pace.runSeconds(dense, item("4,64,64,4"))).toBeCloseTo(1.9, 10);
  });

  it("foresees no more than the budget leaves", () => {
    const pace = new Pace([fused, dense], rates);
    pace.learn(measured);
    const two = [item("4,64,64,4"), item("4,64,64,4")];
    expect(pace.left(two, Number.POSITIVE_INFINITY)).toBeCloseTo(40, 10);
    expect(pace.left(two, 35)).toBe(15);
    expect(pace.left(two, 10)).toBe(0);
  });
});
