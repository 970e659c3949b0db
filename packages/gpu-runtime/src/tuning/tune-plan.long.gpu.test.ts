import { Butterfly, Chain, LAYOUTS } from "@papilio/butterfly";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import { planName } from "../planning/plan.ts";
import { rankPlans } from "../planning/plan-chain.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { runButterfly } from "../testing/run-butterfly.ts";
import { MemoryTuningCache } from "./cache.ts";
import { tunePlan } from "./tune-plan.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

it.for(LAYOUTS)(
  "measures plans, all of which are right, and keeps the winner, %s",
  async (layout) => {
    const chain = Chain.squareDyadic(32);
    const shape = { batch: 32, layout, dtype: "f32" } as const;
    const options = { cache: new MemoryTuningCache(), timeLimitSeconds: 3 };
    const { inUse } = gpu.memory.statistics;
    const { best, from, trials } = await tunePlan(gpu, chain, shape, options);
    expect(gpu.memory.statistics.inUse).toBe(inUse);
    expect(from).toBe("measurement");
    expect(trials.filter(({ outcome }) => outcome === "disqualified")).toEqual([]);
    const ranked = rankPlans(gpu.report, chain, shape).map(({ plan }) => planName(plan));
    expect(ranked).toContain(planName(best));
    const butterfly = Butterfly.random(chain, { seed: 3 });
    const { found } = await runButterfly(gpu, butterfly, shape, { plan: best });
    expect(found).toMatchObject({ ok: true, nonFinite: 0 });
    expect(await tunePlan(gpu, chain, shape, options)).toEqual({ best, from: "cache", trials: [] });
  },
);
