import { Chain, LAYOUTS } from "@papilio/butterfly";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { InputShape } from "../tensor/input-shape.ts";
import { report } from "../testing/variants.ts";
import { describePlan, factorByFactor, planName, type Stage, samePlan } from "./plan.ts";
import { planChain, planOfStages, rankPlans } from "./plan-chain.ts";
import { stageSeconds, TYPICAL_RATES } from "./stage-cost.ts";

const gpu = report("hardware", 32);
const cpu = report("software", 8);
const chains = fc.constantFrom(
  Chain.squareDyadic(16),
  Chain.squareDyadic(256),
  Chain.monarch(1024),
  Chain.monarch({ rows: 48, cols: 96, blocks: 8 }).transpose(),
);
const shapes = fc.record({
  batch: fc.integer({ min: 1, max: 4096 }),
  layout: fc.constantFrom(...LAYOUTS),
  dtype: fc.constantFrom("f32" as const, "f16" as const),
});
const adapters = fc.constantFrom(gpu, cpu);

/** Every division of factors 0 to `to - 1` into stages of those kinds. */
function divisions(to: number, kinds: (from: number, to: number) => Stage["how"][]): Stage[][] {
  if (to === 0) return [[]];
  return Array.from({ length: to }, (_, from) => from).flatMap((from) =>
    kinds(from, to).flatMap((how) =>
      divisions(from, kinds).map((before) => [...before, { from, to, how }]),
    ),
  );
}

describe("the plans of a chain", () => {
  it("cover every factor once, are all different, and are ranked", () => {
    fc.assert(
      fc.property(adapters, chains, shapes, (adapter, chain, shape) => {
        const ranked = rankPlans(adapter, chain, shape);
        const names = ranked.map(({ plan }) => planName(plan));
        expect(new Set(names).size).toBe(names.length);
        expect(ranked.some(({ plan }) => samePlan(plan, factorByFactor(chain, shape.layout)))).toBe(
          true,
        );
        for (const { plan } of ranked) {
          let covered = 0;
          for (const { from, to } of plan.stages) {
            expect(from).toBe(covered);
            expect(to).toBeGreaterThan(from);
            covered = to;
          }
          expect(covered).toBe(chain.length);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("have the best of all divisions by the cost model first", () => {
    const chain = Chain.squareDyadic(32);
    const shape = { batch: 64, layout: "batch-last", dtype: "f32" } as const;
    // Merges alone, so that what is possible is known here too.
    const best = rankPlans(cpu, chain, shape, { allow: ["merge"] })[0];
    const seconds = divisions(chain.length, (from, to) => [to - from === 1 ? "multiply" : "merge"])
      .map((stages) =>
        stages.reduce(
          (sum, stage) =>
            sum + stageSeconds(cpu, TYPICAL_RATES.software, chain, stage, shape, shape.layout),
          0,
        ),
      )
      .sort((p, q) => p - q);
    expect(seconds).toHaveLength(16);
    expect(best?.predictedSeconds).toBeCloseTo(seconds[0] as number, 12);
  });

  it("are of the allowed kinds alone", () => {
    const shape = { batch: 64, layout: "batch-last", dtype: "f32" } as const;
    const kinds = (allow: readonly Stage["how"][]): Set<Stage["how"]> =>
      new Set(
        rankPlans(cpu, Chain.squareDyadic(256), shape, { allow }).flatMap(({ plan }) =>
          plan.stages.map(({ how }) => how),
        ),
      );
    expect(kinds(["fuse"])).toEqual(new Set(["fuse", "multiply"]));
    expect(kinds([])).toEqual(new Set(["multiply"]));
  });
});

describe("a plan on a GPU", () => {
  const shape = { batch: 4096, layout: "batch-last", dtype: "f32" } as const;

  it("takes a dyadic chain of 4096 in two passes over memory, and a small one in one", () => {
    const allow = ["fuse"] as const;
    expect(planChain(gpu, Chain.squareDyadic(4096), shape, { allow }).stages).toHaveLength(2);
    expect(planChain(gpu, Chain.squareDyadic(256), shape, { allow }).stages).toHaveLength(1);
  });

  it("never transposes a single factor", () => {
    const first = { ...shape, layout: "batch-first" } as const;
    for (const { plan } of rankPlans(gpu, Chain.parse("4,64,64,4"), first)) {
      expect(plan.layout).toBe("batch-first");
    }
  });
});

describe("ranges on matrix units", () => {
  const products = [{ from: "f16", to: "f32", rows: 16, columns: 16, depth: 16 }];
  const features = { ...gpu.features, matrixUnits: { taken: true, products } };
  const limits = { ...gpu.limits, maxComputeWorkgroupStorageSize: 32768 };
  const withUnits = { ...gpu, features, limits };
  const chain = Chain.parse("1,16,16,16;16,16,16,1");
  const shape = { batch: 4096, layout: "batch-last", dtype: "f16" } as const;
  const namesOf = (
    adapter: typeof gpu,
    planned: Chain,
    given: InputShape,
    matrixUnits: boolean,
  ): string[] =>
    rankPlans(adapter, planned, given, { matrixUnits }).map(({ plan }) => planName(plan));

  it("are planned where they are asked for, and fit", () => {
    const name = "batch-last fuse-on-matrix-units(0-2)";
    expect(namesOf(withUnits, chain, shape, true)).toContain(name);
    expect(namesOf(withUnits, chain, shape, false).join()).not.toContain("matrix-units");
    for (const [adapter, planned, given] of [
      [gpu, chain, shape],
      [withUnits, chain, { ...shape, dtype: "f32" }],
      [withUnits, Chain.parse("1,16,8,16;8,16,16,1"), shape],
      [withUnits, Chain.monarch(4096), shape],
    ] as const) {
      expect(namesOf(adapter, planned, given, true).join()).not.toContain("matrix-units");
    }
  });

  it("are kept with their stages, and refused where the device has none", () => {
    const stages = [{ from: 0, to: 2, how: "fuse", matrixUnits: true }] as const;
    expect(planOfStages(withUnits, chain, shape, stages)?.stages).toEqual(stages);
    expect(planOfStages(gpu, chain, shape, stages)).toBeUndefined();
    expect(describePlan({ layout: "batch-last", stages }, chain, shape)).toContain(
      "factors 1 to 2: fused on matrix units, 1 blocks of 256 x 256",
    );
  });
});

it("takes longer with operands where they must be transposed, and nowhere else", () => {
  const chain = Chain.squareDyadic(64);
  const shape = { batch: 128, layout: "batch-first", dtype: "f32" } as const;
  const secondsOf = (operands: number): Map<string, number> =>
    new Map(
      rankPlans(cpu, chain, shape, { operands }).map(({ plan, predictedSeconds }) => [
        planName(plan),
        predictedSeconds,
      ]),
    );
  const without = secondsOf(0);
  const compared = [...secondsOf(2)].filter(([name]) => without.has(name));
  for (const [name, seconds] of compared) {
    if (name.startsWith("batch-first")) expect(seconds).toBe(without.get(name));
    else expect(seconds).toBeGreaterThan(without.get(name) as number);
  }
  expect(new Set(compared.map(([name]) => name.split(" ")[0])).size).toBe(2);
});

it("is described in the order in which it runs", () => {
  const chain = Chain.squareDyadic(64);
  const shape = { batch: 128, layout: "batch-first", dtype: "f32" } as const;
  const plan = {
    layout: "batch-last",
    stages: [
      { from: 0, to: 1, how: "multiply" },
      { from: 1, to: 3, how: "merge" },
      { from: 3, to: 6, how: "fuse" },
    ],
  } as const;
  expect(describePlan(plan, chain, shape).split("\n")).toEqual([
    "64 x 64, 6 factors, batch 128 f32 batch-first: 5 passes over memory",
    "  transpose the input to batch-last",
    "  factors 4 to 6: fused, 8 blocks of 8 x 8, nothing between them in memory",
    "  factors 2 to 3: merged in advance into 2,4,4,8, 256 values instead of 256",
    "  factor 1: multiply by 1,2,2,32",
    "  transpose the output to batch-first",
  ]);
});
