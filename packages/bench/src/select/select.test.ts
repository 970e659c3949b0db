import { PapilioError } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import type { BenchResults } from "../results/results.ts";
import {
  itemOf,
  resultOf,
  runOf,
  skipped,
  testAdapter,
  testRates,
  timed,
  timedByWall,
  wrong,
} from "../testing/results.ts";
import { createSelector, select } from "./select.ts";

const around = (center: number): number[] => [0.98, 0.99, 1, 1.01, 1.02].map((x) => x * center);
const item = itemOf("4,16,16,4");
const exact = runOf([
  resultOf(item, [
    timed("kronecker-sparse", around(1e-3)),
    timed("bmm", around(2e-3)),
    timed("csr", around(9e-3)),
  ]),
]);
/** The CPU backend is known to its cost model, and would be chosen almost always on a software adapter. */
const onAdapter = (implementation: string): boolean => implementation !== "cpu-wasm";
const impossible = expect.objectContaining({ code: "SELECTION_IMPOSSIBLE" });

/** Cases in which bmm is twice as fast as the fused kernel, which the model does not expect. */
const other: BenchResults = runOf(
  ["2,16,16,2", "8,16,16,8", "4,32,32,4", "4,8,8,4", "1,16,16,16", "16,16,16,1"].flatMap((chain) =>
    [64, 128].map((batch) =>
      resultOf(itemOf(chain, { batch }), [
        timed("kronecker-sparse", around(batch * 2e-5)),
        timed("bmm", around(batch * 1e-5)),
      ]),
    ),
  ),
  { environment: { rates: testRates } },
);

describe("a selection from the very case", () => {
  it("is measured, with its interval and its runner-up", () => {
    const answer = select(item, { adapter: testAdapter, filter: onAdapter, results: [exact] });
    expect(answer).toMatchObject({
      best: "kronecker-sparse",
      layout: "batch-last",
      runnerUp: "bmm",
      basis: "measured",
    });
    expect(answer.advantage?.median).toBeCloseTo(2, 9);
    expect(answer.advantage?.lower).toBeGreaterThan(1.9);
    expect(answer.advantage?.upper).toBeLessThan(2.1);
    expect(answer.confidence).toBeGreaterThan(0.99);
    expect(answer.candidates.map(({ implementation }) => implementation)).toEqual([
      "kronecker-sparse",
      "bmm",
      "csr",
    ]);
    expect(answer.explanation).toMatch(
      /^kronecker-sparse is 2\.00 times \(\S+ to \S+\) as fast as bmm for 4,16,16,4 x 128 f32 batch-last, measured on test adapter on 2026-01-02\.$/,
    );
  });

  it("never chooses what was wrong or could not be run there", () => {
    const run = runOf([
      ...other.cases,
      resultOf(item, [timed("kronecker-sparse", around(1e-3)), wrong("bmm"), skipped("csr")]),
    ]);
    const answer = select(item, { adapter: testAdapter, filter: onAdapter, results: [run] });
    expect(answer.candidates.map(({ implementation }) => implementation)).toEqual([
      "kronecker-sparse",
    ]);
    expect(answer.runnerUp).toBeUndefined();
    expect(answer.confidence).toBeNull();
    expect(answer.explanation).toContain("the only one known");
  });

  it("compares by the wall clock where one implementation has no other", () => {
    const run = runOf([
      resultOf(item, [
        timed("kronecker-sparse", around(1e-3)), // 2 ms by the wall clock
        timedByWall("elsewhere", around(1.5e-3)),
      ]),
    ]);
    expect(select(item, { adapter: testAdapter, filter: onAdapter, results: [run] }).best).toBe(
      "elsewhere",
    );
  });

  it("chooses what computes on the CPU where it is faster, unless it is left out", () => {
    const run = runOf(
      [resultOf(item, [timed("bmm", around(2e-3)), timed("on the CPU", around(1e-3))])],
      {
        implementations: [
          { name: "bmm", description: "", processor: "adapter" },
          { name: "on the CPU", description: "", processor: "cpu" },
        ],
      },
    );
    const context = { adapter: testAdapter, results: [run], filter: onAdapter };
    expect(select(item, context).best).toBe("on the CPU");
    const filter = (name: string): boolean => name === "bmm";
    expect(select(item, { ...context, filter }).best).toBe("bmm");
  });

  it("takes the run that knows most implementations, and of equals the latest", () => {
    const of = (date: string, seconds: Record<string, number>): BenchResults =>
      runOf(
        [
          resultOf(
            item,
            Object.entries(seconds).map(([name, time]) => timed(name, around(time))),
          ),
        ],
        { environment: { date } },
      );
    const results = [
      of("2026-01-01T00:00:00.000Z", { bmm: 1, csr: 2 }),
      of("2026-01-03T00:00:00.000Z", { bmm: 2, csr: 1 }),
      of("2026-01-09T00:00:00.000Z", { bmm: 1 }),
    ];
    expect(select(item, { adapter: testAdapter, filter: onAdapter, results }).best).toBe("csr");
  });

  it("names the layout when none is asked for", () => {
    const run = runOf([
      ...exact.cases,
      resultOf({ ...item, layout: "batch-first" }, [timed("bmm", around(5e-4))]),
    ]);
    const { layout: _, ...question } = item;
    const answer = select(question, { adapter: testAdapter, filter: onAdapter, results: [run] });
    expect(answer).toMatchObject({
      best: "bmm",
      layout: "batch-first",
      runnerUp: "kronecker-sparse",
    });
    expect(answer.candidates[0]).toMatchObject({ implementation: "bmm", layout: "batch-first" });
  });
});

describe("a selection from other cases", () => {
  it("says that it is interpolated, and how often such predictions were right", () => {
    const answer = select(item, { adapter: testAdapter, filter: onAdapter, results: [other] });
    expect(answer).toMatchObject({ best: "bmm", basis: "interpolated" });
    expect(answer.advantage?.lower).toBeLessThanOrEqual(answer.advantage?.median ?? 0);
    expect(answer.confidence).toBeGreaterThan(0.5);
    expect(answer.confidence).toBeLessThan(1);
    expect(answer.explanation).toContain("predicted from other cases measured on test adapter");
    expect(answer.explanation).toContain("With each chain left out in turn");
    expect(answer.explanation).toContain("in 12 of 12 cases");
  });

  it("leaves single cases out where the chain is known with another batch", () => {
    const answer = select(itemOf("4,32,32,4", { batch: 100 }), {
      adapter: testAdapter,
      filter: onAdapter,
      results: [other],
    });
    expect(answer.explanation).toContain("With each case left out in turn");
  });

  it("does not say how sure it is far from what was measured, or with few cases", () => {
    const context = { adapter: testAdapter, filter: onAdapter, results: [other] };
    const far = select(itemOf("1,4096,4096,1", { batch: 1 }), context);
    expect(far).toMatchObject({ basis: "interpolated", confidence: null });
    const few = runOf(other.cases.slice(0, 3));
    const answer = select(item, { ...context, results: [few] });
    expect(answer).toMatchObject({ basis: "interpolated", confidence: null });
    expect(answer.candidates[0]?.seconds).toMatchObject({ lower: null, upper: null });
  });

  it("sums over the factors of a chain", () => {
    const answer = select(itemOf("1,16,16,16;16,16,16,1"), {
      adapter: testAdapter,
      filter: onAdapter,
      results: [other],
    });
    const [left, right] = ["1,16,16,16", "16,16,16,1"].map(
      (chain) =>
        select(itemOf(chain, { batch: 129 }), {
          adapter: testAdapter,
          filter: onAdapter,
          results: [other],
        }).candidates[0]?.seconds.median ?? Number.NaN,
    ) as [number, number];
    expect(answer.best).toBe("bmm");
    const seconds = answer.candidates[0]?.seconds.median ?? Number.NaN;
    expect(seconds / (left + right)).toBeGreaterThan(0.5);
    expect(seconds / (left + right)).toBeLessThan(2);
  });
});

describe("a selection from the model", () => {
  it("says so, and is sure of nothing", () => {
    const answer = select(item, { adapter: testAdapter, filter: onAdapter, rates: testRates });
    expect(answer).toMatchObject({
      best: "kronecker-sparse",
      layout: "batch-last",
      basis: "model",
      confidence: null,
      advantage: { lower: null, upper: null },
    });
    expect(answer.explanation).toContain("by the cost model alone");
  });

  it("is what is left when the results are of another adapter or driver", () => {
    for (const change of [{ name: "another" }, { driver: "test driver 2.0" }]) {
      const context = { adapter: { ...testAdapter, ...change }, results: [exact] };
      expect(() => select(item, context)).toThrow(impossible);
      const answer = select(item, { ...context, rates: testRates });
      expect(answer.basis).toBe("model");
      expect(answer.explanation).toContain("1 of the results given are of other adapters");
    }
  });

  it("calls equal what it cannot tell apart", () => {
    const answer = select(itemOf("16,16,16,1"), {
      adapter: testAdapter,
      filter: onAdapter,
      rates: testRates,
    });
    expect(answer.best).toBe("kronecker-sparse");
    expect(answer.explanation).toMatch(/^kronecker-sparse and \S+ are equally fast/);
  });
});

describe("the CPU backend", () => {
  const software = { adapter: testAdapter, threads: 2 };

  it("is chosen by its cost model where the only adapter is software", () => {
    // As measureRates found them on lavapipe and two cores.
    const rates = { copyBytesPerSecond: 7.8e9, flopsPerSecond: 6.9e10, dispatchSeconds: 4.1e-5 };
    const answer = select(item, { ...software, rates });
    expect(answer).toMatchObject({ best: "cpu-wasm", basis: "model", confidence: null });
    // Two cores of 28 G multiply-adds a second at most, 32768 of them for each of 128 vectors.
    const seconds = answer.candidates[0]?.seconds.median ?? 0;
    expect(seconds).toBeGreaterThan((128 * 4 * 16 * 16 * 4) / 56e9);
    expect(seconds).toBeLessThan(1e-3);
  });

  it("is chosen before what was measured on a software adapter, which the explanation says", () => {
    const slow = runOf([resultOf(item, [timed("kronecker-sparse", around(5e-3))])]);
    const answer = select(item, { ...software, results: [slow] });
    expect(answer).toMatchObject({
      best: "cpu-wasm",
      runnerUp: "kronecker-sparse",
      basis: "model",
      confidence: null,
    });
    expect(answer.explanation).toContain(
      "cpu-wasm by its cost model, because the results do not tell of it, kronecker-sparse measured on test adapter",
    );
  });

  it("is answered for when it is asked for by name", () => {
    const filter = (name: string): boolean => name === "cpu-wasm";
    const answer = select(item, { ...software, rates: testRates, filter });
    expect(answer.best).toBe("cpu-wasm");
    expect(answer.candidates.map(({ implementation }) => implementation)).toEqual(["cpu-wasm"]);
  });

  it("is what was measured of it, where it was, and not chosen where it was wrong", () => {
    const reported = runOf([
      resultOf(item, [timed("bmm", around(1e-3)), timedByWall("cpu-wasm", around(9e-3))]),
    ]);
    // bmm takes 2 ms by the wall clock, the only one that both have.
    expect(select(item, { ...software, results: [reported] })).toMatchObject({
      best: "bmm",
      basis: "measured",
      advantage: { median: expect.closeTo(4.5, 9) },
    });
    const failed = runOf([resultOf(item, [timed("bmm", around(1)), wrong("cpu-wasm")])]);
    expect(select(item, { ...software, results: [failed] }).best).toBe("bmm");
  });

  it("is not chosen for much work where there is a GPU", () => {
    const adapter = { ...testAdapter, kind: "hardware" } as const;
    const rates = { copyBytesPerSecond: 4e11, flopsPerSecond: 1e13, dispatchSeconds: 4e-6 };
    const large = itemOf("16,64,64,16", { batch: 4096 });
    expect(select(large, { adapter, rates, threads: 8 }).best).toBe("kronecker-sparse");
  });
});

describe("a question without an answer", () => {
  it("is an error that says what to give", () => {
    expect(() => select(item, { adapter: testAdapter, filter: onAdapter })).toThrow(impossible);
    const nothing = { adapter: testAdapter, results: [exact], filter: () => false };
    expect(() => select(item, { ...nothing, rates: testRates })).toThrow(impossible);
  });

  it("does not spoil the others of the same selector", () => {
    const answer = createSelector({ adapter: testAdapter, filter: onAdapter, results: [exact] });
    expect(() => answer(itemOf("4,16,16,4", { dtype: "f16" }))).toThrow(PapilioError);
    expect(answer(item).best).toBe("kronecker-sparse");
  });
});
