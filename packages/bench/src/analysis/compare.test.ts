import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BenchResults } from "../results/results.ts";
import {
  itemOf,
  resultOf,
  runOf,
  skipped,
  testAdapter,
  timed,
  timedByWall,
  wrong,
} from "../testing/results.ts";
import { compareRuns } from "./compare.ts";
import { divide, hasRegression } from "./comparison.ts";

const around = (center: number): number[] => [0.98, 0.99, 1, 1.01, 1.02].map((x) => x * center);
const item = itemOf("4,16,16,4");
const code = (expected: string): unknown => expect.objectContaining({ code: expected });

/** A run of one case with these times, in seconds. */
function run(seconds: Record<string, number>): BenchResults {
  return runOf([
    resultOf(
      item,
      Object.entries(seconds).map(([name, time]) => timed(name, around(time))),
    ),
  ]);
}

describe("two runs", () => {
  it("are compared case by case: slower, faster, unchanged", () => {
    const comparison = compareRuns(
      run({ slower: 1, faster: 1, same: 1 }),
      run({ slower: 1.5, faster: 0.5, same: 1.02 }),
    );
    const verdicts = comparison.compared.map(({ implementation, verdict }) => [
      implementation,
      verdict,
    ]);
    expect(verdicts).toEqual([
      ["slower", "regression"],
      ["faster", "improvement"],
      ["same", "unchanged"],
    ]);
    expect(comparison.regressions[0]?.ratio.median).toBeCloseTo(1.5, 9);
    expect(comparison.improvements[0]?.ratio.median).toBeCloseTo(0.5, 9);
    expect(comparison.warnings).toEqual([]);
    expect(hasRegression(comparison)).toBe(true);
  });

  it("differ in nothing from themselves", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1e-6, max: 10, noNaN: true }), { minLength: 1, maxLength: 9 }),
        (samples) => {
          const one = runOf([resultOf(item, [timed("bmm", samples)])]);
          const comparison = compareRuns(one, one);
          expect(comparison.compared[0]?.ratio.median).toBe(1);
          expect(hasRegression(comparison)).toBe(false);
        },
      ),
    );
  });

  it("show a regression only once the whole interval is beyond the threshold", () => {
    const [before, after] = [run({ bmm: 1 }), run({ bmm: 1.2 })];
    expect(hasRegression(compareRuns(before, after, { threshold: 0.1 }))).toBe(true);
    const clearlyMore = compareRuns(before, after, { threshold: 0.19 });
    expect(clearlyMore.compared[0]?.verdict).toBe("unclear");
    expect(hasRegression(clearlyMore)).toBe(false);
    expect(compareRuns(before, after, { threshold: 0.3 }).compared[0]?.verdict).toBe("unchanged");
  });

  it("are compared by the clock that both have", () => {
    const byDevice = runOf([resultOf(item, [timed("bmm", around(1))])]);
    const byWall = runOf([resultOf(item, [timedByWall("bmm", around(2))])]);
    // The synthetic wall clock shows twice the device's time.
    const [only] = compareRuns(byDevice, byWall).compared;
    expect(only).toMatchObject({ clock: "wall", verdict: "unchanged" });
  });

  it("are aligned: what only one of them timed is listed with the reason", () => {
    const before = runOf([
      resultOf(item, [timed("a", [1]), timed("b", [1]), timed("c", [1]), timed("d", [1])]),
      resultOf(itemOf("2,8,8,2"), [timed("a", [1])]),
    ]);
    const after = runOf([
      resultOf(item, [timed("a", [1]), skipped("b", "no room"), wrong("c"), timed("e", [1])]),
    ]);
    const { compared, onlyBefore, onlyAfter, broken } = compareRuns(before, after);
    expect(compared.map(({ implementation }) => implementation)).toEqual(["a"]);
    expect(broken).toEqual([expect.objectContaining({ implementation: "c" })]);
    expect(onlyBefore).toEqual([
      expect.objectContaining({ implementation: "b", reason: expect.stringContaining("no room") }),
      expect.objectContaining({ implementation: "d", reason: expect.stringContaining("not try") }),
      expect.objectContaining({ implementation: "a", reason: expect.stringContaining("no such") }),
    ]);
    expect(onlyAfter).toEqual([expect.objectContaining({ implementation: "e" })]);
  });

  it("count a wrong answer as a regression", () => {
    const after = runOf([resultOf(item, [wrong("bmm")])]);
    expect(hasRegression(compareRuns(run({ bmm: 1 }), after))).toBe(true);
  });

  it("carry warnings where they are not alike", () => {
    const before = run({ bmm: 1 });
    const after: BenchResults = {
      ...before,
      complete: false,
      damagedLines: [7],
      options: { ...before.options, rounds: 99 },
      environment: {
        ...before.environment,
        adapter: { ...testAdapter, driver: "test driver 2.0" },
        versions: { node: "25.0.0", papilio: "1.0.0" },
        load: { average: null, busy: 0.5 },
      },
    };
    const text = compareRuns(before, after).warnings.join("\n");
    expect(text).toContain("The driver differs: test driver 1.0 before, test driver 2.0 after.");
    expect(text).toContain("version of node");
    expect(text).toContain("version of papilio differs: none before");
    expect(text).toContain("option rounds");
    expect(text).toContain("stopped");
    expect(text).toContain("1 lines");
    expect(text).toContain("50 %");
    const few = runOf([resultOf(item, [timed("bmm", [1, 1])])]);
    expect(compareRuns(few, few).warnings.join("\n")).toContain("fewer than 5 samples");
  });

  it("have something in common, and a threshold that is one", () => {
    const other = runOf([resultOf(itemOf("2,8,8,2"), [timed("bmm", [1])])]);
    expect(() => compareRuns(run({ bmm: 1 }), other)).toThrow(code("COMPARE_NOTHING"));
    expect(() => compareRuns(runOf([]), runOf([]))).toThrow(code("COMPARE_NOTHING"));
    const zero = runOf([resultOf(item, [timed("bmm", [0, 0, 0])])]);
    expect(() => compareRuns(run({ bmm: 1 }), zero)).toThrow(code("COMPARE_NOTHING"));
    for (const threshold of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => compareRuns(other, other, { threshold })).toThrow(code("COMPARE_THRESHOLD"));
    }
  });
});

describe("a comparison relative to an implementation", () => {
  it("does not see that the whole machine was slower", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 10, noNaN: true }), (slower) => {
        const comparison = compareRuns(
          run({ dense: 4, bmm: 1, fused: 0.5 }),
          run({ dense: 4 * slower, bmm: slower, fused: slower }),
          { relativeTo: "dense" },
        );
        expect(
          comparison.compared.map(({ implementation, verdict }) => [implementation, verdict]),
        ).toEqual([
          ["bmm", "unchanged"],
          ["fused", "regression"],
        ]);
        expect(comparison.compared[1]?.ratio.median).toBeCloseTo(2, 9);
      }),
      { numRuns: 20 },
    );
  });

  it("lists the cases without the reference, and refuses an unknown one", () => {
    const before = run({ dense: 1, bmm: 1 });
    const two = runOf([
      ...before.cases,
      resultOf(itemOf("2,8,8,2"), [timed("bmm", [1]), skipped("dense")]),
    ]);
    const { compared, onlyBefore } = compareRuns(two, two, { relativeTo: "dense" });
    expect(compared.length).toBe(1);
    expect(onlyBefore[0]?.reason).toContain("dense is not timed");
    expect(() => compareRuns(two, two, { relativeTo: "nobody" })).toThrow(code("COMPARE_NOTHING"));
  });

  it("widens the interval by that of the reference", () => {
    const estimate = fc
      .tuple(...[1, 2, 3].map(() => fc.double({ min: 1e-3, max: 1e3, noNaN: true })))
      .map((values) => {
        const [lower, median, upper] = values.toSorted((p, q) => p - q) as [number, number, number];
        return { lower, median, upper };
      });
    fc.assert(
      fc.property(estimate, estimate, (p, q) => {
        const ratio = divide(p, q);
        expect(ratio.median).toBeCloseTo(p.median / q.median, 12);
        const slack = 1 + 1e-9;
        expect(ratio.lower).toBeLessThanOrEqual((p.lower / q.median) * slack);
        expect(ratio.upper).toBeGreaterThanOrEqual(p.upper / q.median / slack);
        // Never wider than both at their worst.
        expect(ratio.lower * slack).toBeGreaterThanOrEqual(p.lower / q.upper);
        expect(ratio.upper).toBeLessThanOrEqual((p.upper / q.lower) * slack);
        // An exact reference adds nothing.
        const exact = divide(p, { median: 1, lower: 1, upper: 1 });
        expect(exact.lower).toBeCloseTo(p.lower, 9);
        expect(exact.upper / p.upper).toBeCloseTo(1, 9);
      }),
    );
  });
});
