import { Chain } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import type { BenchResults, ImplementationResult } from "../results/results.ts";
import { marksOf } from "../testing/markup.ts";
import { syntheticRun } from "../testing/synthetic-run.ts";
import { GAPS, logAxis } from "./axes.ts";
import { renderReport } from "./index.ts";

const base = syntheticRun({ cases: 1, faults: false, rates: true });

/** Exactly these seconds, so that every interval is a point. */
function timed(implementation: string, seconds: number, joules?: number): ImplementationResult {
  return {
    implementation,
    status: "timed",
    verification: {
      ok: true,
      maxError: 0,
      maxRatio: 0,
      worstIndex: 0,
      rmsRelative: 0,
      nonFinite: 0,
    },
    bytes: 0,
    traffic: { multiply: 100, rewrite: implementation === "bmm" ? 300 : 0 },
    timing: {
      coldSeconds: 0.01,
      repeats: 1,
      wall: [seconds, seconds],
      device: [seconds, seconds],
      multiply: implementation === "bmm" ? [seconds / 4, seconds / 4] : [],
      rewrite: implementation === "bmm" ? [(3 * seconds) / 4, (3 * seconds) / 4] : [],
    },
    energy:
      joules === undefined
        ? null
        : { joules, lower: joules, upper: joules, watts: 100, seconds: 1, runs: 10 },
  };
}

/** Two cases: the fused kernel twice as fast on one, half as fast on the other. */
const results: BenchResults = {
  ...base,
  cases: [
    {
      chain: "2,4,4,2",
      batch: 128,
      results: [timed("kronecker-sparse", 1e-3, 1), timed("bmm", 2e-3, 4)],
    },
    {
      chain: "2,64,64,2",
      batch: 256,
      results: [timed("kronecker-sparse", 4e-3, 2), timed("bmm", 2e-3, 1)],
    },
  ].map((item) => ({
    ...item,
    dtype: "f32",
    layout: "batch-last",
    verifiedVectors: 8,
    inputs: 1,
    seconds: 1,
  })),
};
const { figures } = await renderReport(results);
const marks = (name: string): ReturnType<typeof marksOf> =>
  marksOf(figures.find((figure) => figure.name === name)?.svg ?? "");

/** Where an axis has a value, as a share of it. */
function share({ domain: [low, high] }: ReturnType<typeof logAxis>, value: number): number {
  return Math.log(value / low) / Math.log(high / low);
}

describe("speed-up", () => {
  it("stands at the ratio and at the quotient of the times, in both panels", () => {
    const points = marks("speedup");
    expect(points.map(({ title }) => title)).toEqual([
      "2,4,4,2 x 128 f32 batch-last: ×2.00 (×2.00 to ×2.00)",
      "2,64,64,2 x 256 f32 batch-last: ×0.50 (×0.50 to ×0.50)",
      "2,4,4,2 x 128 f32 batch-last: ×2.00 (×2.00 to ×2.00)",
      "2,64,64,2 x 256 f32 batch-last: ×0.50 (×0.50 to ×0.50)",
    ]);
    const x = logAxis([8 / 16, 128 / 4096], GAPS.horizontal);
    const y = logAxis([2, 0.5], GAPS.vertical);
    const [one, other] = points as [(typeof points)[0], (typeof points)[0]];
    const [width, height] = [412 - 58 - 8, 250];
    expect(one.x).toBeCloseTo(width * share(x, 0.5), 1);
    expect(one.y).toBeCloseTo(height * (1 - share(y, 2)), 1);
    expect(other.x).toBeCloseTo(width * share(x, 1 / 32), 1);
    expect(other.y).toBeCloseTo(height * (1 - share(y, 0.5)), 1);
  });
});

it("boxes relate times to the fastest of each case", () => {
  expect(marks("relative-time").map(({ title }) => title)).toEqual([
    "kronecker-sparse: median ×1.50 of 2",
    "bmm: median ×1.50 of 2",
  ]);
});

it("rewriting is a share of the time and of the bytes", () => {
  expect(marks("rewriting").map(({ title }) => title.replaceAll(" ", " "))).toEqual([
    "bmm, of the time: median 75 % of 2",
    "bmm, of the bytes: median 75 % of 2",
  ]);
});

it("scaling divides the time by the multiplications", () => {
  const multiplications = 256 * Chain.parse("2,64,64,2").nonZeros;
  const titles = marks("scaling-size").map(({ title }) => title.replaceAll(" ", " "));
  expect(titles).toHaveLength(4);
  expect(4e-3 / multiplications).toBeCloseTo(9.54e-10, 12);
  expect(titles).toContain(
    "kronecker-sparse: 954 ps for each multiplication of about 4.19 M (1 case)",
  );
});

it("the roofline has what was achieved against the intensity", () => {
  const titles = marks("roofline").map(({ title }) => title.replaceAll(" ", " "));
  // 2 · 256 · 16384 operations in 4 ms.
  expect(titles).toContain("kronecker-sparse, 2,64,64,2 x 256 f32 batch-last: 2.10 GFLOP/s");
  expect(titles).toHaveLength(4);
});

it("energy is relative to the fused kernel's", () => {
  const titles = marks("energy").map(({ title }) => title);
  expect(titles).toEqual([
    "bmm: median ×2.25 of 2",
    "2,4,4,2 x 128 f32 batch-last: ×4.00 (×4.00 to ×4.00)",
    "2,64,64,2 x 256 f32 batch-last: ×0.50 (×0.50 to ×0.50)",
  ]);
});

it("an interval that reaches down to no energy at all ends at the axis", async () => {
  const uncertain = results.cases.map((item) => ({
    ...item,
    results: item.results.map((entry) =>
      entry.status === "timed" && entry.energy !== null
        ? { ...entry, energy: { ...entry.energy, lower: -1 } }
        : entry,
    ),
  }));
  const report = await renderReport({ ...results, cases: uncertain });
  const svg = report.figures.find(({ name }) => name === "energy")?.svg ?? "";
  expect(marksOf(svg).at(-1)?.title).toBe("2,64,64,2 x 256 f32 batch-last: ×0.50 (×0.00 to ×∞)");
  expect(svg).not.toMatch(/NaN|Infinity/);
});
