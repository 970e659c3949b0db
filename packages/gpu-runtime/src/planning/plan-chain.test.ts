import { Chain, LAYOUTS } from "@papilio/butterfly";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { report } from "../testing/variants.ts";
import { describePlan, factorByFactor, planName, type Stage, samePlan } from "./plan.ts";
import { planChain, rankPlans } from "./plan-chain.ts";
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
