import { Butterfly, Chain, LAYOUTS } from "@papilio/butterfly";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import { usableProducts } from "../kernels/matrix-units.ts";
import { prepareButterfly } from "../multiplication/butterfly.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { runButterfly } from "../testing/run-butterfly.ts";
import type { Trial } from "./autotune.ts";
import { tunePlan } from "./tune-plan.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const stages = [{ from: 0, to: 2, how: "fuse", matrixUnits: true }] as const;

it.for(LAYOUTS)(
  "plans on matrix units are among those that are measured, %s",
  async (layout, { skip }) => {
    const [unit] = usableProducts(gpu.report, "f16", "f32");
    skip(unit === undefined, "the adapter has no matrix units");
    const u = Math.max(unit?.rows ?? 0, unit?.depth ?? 0);
    const chain = Chain.parse(`1,${u},${u},${u};${u},${u},${u},1`);
    const shape = { batch: 32, layout, dtype: "f16" } as const;
    const trials: Trial[] = [];
    const { best } = await tunePlan(gpu, chain, shape, {
      onTrial: (trial) => trials.push(trial),
      allow: ["fuse"],
      timeLimitSeconds: Number.POSITIVE_INFINITY,
    });
    expect(trials.filter(({ outcome }) => outcome === "disqualified")).toEqual([]);
    expect(trials.map(({ name }) => name).join()).toContain("fuse-on-matrix-units(0-2)");
    const butterfly = Butterfly.random(chain, { seed: 5 });
    for (const plan of [best, { layout, stages }]) {
      const { found } = await runButterfly(gpu, butterfly, shape, { plan });
      expect(found).toMatchObject({ ok: true, nonFinite: 0 });
    }
  },
);

it("a plan on matrix units is refused where the device has none", ({ skip }) => {
  skip(usableProducts(gpu.report, "f16", "f32").length > 0, "the adapter has matrix units");
  const butterfly = Butterfly.random(Chain.parse("1,8,8,8;8,8,8,1"), { seed: 5 });
  const shape = { batch: 8, layout: "batch-last", dtype: "f32" } as const;
  expect(() =>
    prepareButterfly(gpu, butterfly, shape, { plan: { layout: "batch-last", stages } }),
  ).toThrow(expect.objectContaining({ code: "MATRIX_UNITS_UNAVAILABLE" }));
});
