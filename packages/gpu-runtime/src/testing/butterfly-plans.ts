import { Butterfly, Chain, type Layout } from "@papilio/butterfly";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import { rankPlans } from "../planning/plan-chain.ts";
import { openTestGpu } from "./open-test-gpu.ts";
import { runButterfly } from "./run-butterfly.ts";

/** Chains of every kind, each of a few plans. */
export const CHAINS: readonly Chain[] = [
  Chain.squareDyadic(64),
  Chain.monarch(144),
  Chain.monarch({ rows: 48, cols: 96, blocks: 8, rank: 2 }),
  Chain.parse("2,3,4,6;4,4,2,3"),
  // The transpose of a chain.
  Chain.monarch({ rows: 48, cols: 96, blocks: 8 }).transpose(),
];

/** Tests that the chains are right by every plan that is considered for them, in the layouts that are asked for. */
export function testPlans(layoutsOf: (chain: number, batch: number) => readonly Layout[]): void {
  let gpu: Gpu;
  beforeAll(async () => {
    gpu = await openTestGpu();
  });
  afterAll(() => gpu.dispose());

  describe.each(CHAINS.map((chain, index) => [String(chain), chain, index] as const))(
    "the chain %s",
    (_, chain, index) => {
      it.for(
        [1, 26].flatMap((batch) =>
          layoutsOf(index, batch).map((layout) => [layout, batch] as const),
        ),
      )("is right by every plan that is considered, %s, batch %i", async ([layout, batch]) => {
        const shape = { batch, layout, dtype: "f32" } as const;
        const butterfly = Butterfly.random(chain, { seed: 5 });
        const plans = rankPlans(gpu.report, chain, shape);
        expect(plans.length).toBeGreaterThanOrEqual(batch === 1 ? 1 : 2);
        for (const { plan } of plans) {
          const { found, report } = await runButterfly(gpu, butterfly, shape, { plan });
          expect(found, JSON.stringify(plan)).toMatchObject({ ok: true, nonFinite: 0 });
          expect(report.rewrites).toBe(plan.layout === layout ? 0 : 2);
          // Tensors of a few hundred bytes are a part of a kilobyte apart: offsets are aligned.
          const alignment = 2 * gpu.device.limits.minStorageBufferOffsetAlignment;
          expect(report.arena.bytes).toBeLessThan(1.05 * report.arena.lowerBound + alignment);
        }
      });
    },
  );
}
