import { Chain } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import type { Case } from "../cases/case.ts";
import type { Implementation } from "../implementations/implementation.ts";
import type { CaseResult } from "../results/results.ts";
import { caseOf, timed } from "../testing/results.ts";
import { DurationEstimator } from "./duration-estimator.ts";

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

describe("the estimator of a run", () => {
  it("is unknown before the first case", () => {
    const estimator = new DurationEstimator([fused, dense], rates);
    expect(estimator.runSeconds(fused, item("4,64,64,4"))).toBeUndefined();
    expect(estimator.caseSeconds(item("4,64,64,4"))).toBeUndefined();
    expect(estimator.left([item("4,64,64,4")], 100)).toBeUndefined();
    expect(estimator.spent).toBe(0);
  });

  it("is what was measured for the same case, and follows the work for others", () => {
    const estimator = new DurationEstimator([fused, dense], rates);
    estimator.learn(measured);
    expect(estimator.spent).toBe(20);
    expect(estimator.runSeconds(fused, item("4,64,64,4"))).toBeCloseTo(0.2, 10);
    expect(estimator.caseSeconds(item("4,64,64,4"))).toBeCloseTo(20, 10);
    // Eight times the blocks: eight times the work of the fused kernel, and 64 times the dense.
    expect(estimator.runSeconds(fused, item("32,64,64,4"))).toBeCloseTo(1.6, 6);
    const ratio = (estimator.runSeconds(dense, item("32,64,64,4")) as number) / 0.8;
    expect(ratio).toBeGreaterThan(40);
    expect(ratio).toBeLessThanOrEqual(64);
  });

  it("is known for each type and layout by itself", () => {
    const estimator = new DurationEstimator([fused, dense], rates);
    estimator.learn(measured);
    expect(estimator.runSeconds(fused, { ...item("4,64,64,4"), dtype: "f16" })).toBeUndefined();
    // A case as a whole is foretold from all cases.
    expect(estimator.caseSeconds({ ...item("4,64,64,4"), layout: "batch-first" })).toBeCloseTo(
      20,
      10,
    );
  });

  it("foretells cases by what they took: the same for all, or in proportion to their work", () => {
    const learned = (seconds: (blocks: number) => number): DurationEstimator => {
      const estimator = new DurationEstimator([fused], rates);
      for (const blocks of [1, 4, 16, 64, 256, 1024]) {
        estimator.learn({ ...caseOf(`${blocks},64,64,4`, []), seconds: seconds(blocks) });
      }
      return estimator;
    };
    expect(learned(() => 3).caseSeconds(item("32,64,64,4"))).toBeCloseTo(3, 0);
    expect(learned((blocks) => blocks / 8).caseSeconds(item("32,64,64,4"))).toBeCloseTo(4, 0);
  });

  it("does not foretell again what was spent once on an implementation that is too slow", () => {
    const estimator = new DurationEstimator([fused, dense], rates);
    estimator.observe(dense, item("4,64,64,4"), 3, 15);
    estimator.learn(measured);
    expect(estimator.spent).toBe(20);
    expect(estimator.caseSeconds(item("4,64,64,4"))).toBeCloseTo(5, 10);
    // The run of 3 s, and the one of 0.8 s in the results.
    expect(estimator.runSeconds(dense, item("4,64,64,4"))).toBeCloseTo(1.9, 10);
  });

  it("foresees no more than the budget leaves", () => {
    const estimator = new DurationEstimator([fused, dense], rates);
    estimator.learn(measured);
    const two = [item("4,64,64,4"), item("4,64,64,4")];
    expect(estimator.left(two, Number.POSITIVE_INFINITY)).toBeCloseTo(40, 10);
    expect(estimator.left(two, 35)).toBe(15);
    expect(estimator.left(two, 10)).toBe(0);
  });
});
