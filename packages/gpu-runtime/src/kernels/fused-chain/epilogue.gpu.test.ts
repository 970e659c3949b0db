import { Butterfly, Chain, LAYOUTS } from "@papilio/butterfly";
import { uniform } from "@papilio/butterfly/numeric";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { prepareFusedChain } from "../../multiplication/fused-chain.ts";
import { epilogues } from "../../testing/epilogue-reference.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { runMultiplication, stored } from "../../testing/run-butterfly.ts";
import type { FusedChainVariant } from "./variant.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const register = { kind: "register", vector: 1, broadcast: "load", workgroup: 8 } as const;

interface Place {
  readonly chain: string;
  readonly variant: FusedChainVariant;
}

/** Everywhere that outputs are written: the blocks of these products are small, not all square. */
const places: Record<string, Place> = {
  "lanes along the batch": {
    chain: "2,2,2,4;4,2,2,2",
    variant: { ...register, lanes: "batch", vector: 2 },
  },
  // Batch-first: loads of two inputs, stores of four outputs.
  "lanes along the blocks": {
    chain: "3,2,2,2;6,2,1,1",
    variant: { ...register, lanes: "blocks" },
  },
  "one pass of a workgroup": {
    chain: "2,2,2,4;4,2,2,2",
    variant: { kind: "workgroup", tileN: 3, passes: [2], workgroup: 8 },
  },
  "two passes of a workgroup": {
    chain: "2,2,2,4;4,2,2,2",
    variant: { kind: "workgroup", tileN: 3, passes: [1, 1], workgroup: 8 },
  },
};

const cases = Object.entries(places).flatMap(([name, { chain, variant }]) =>
  LAYOUTS.map((layout) => ({ name, chain, layout, variant })),
);

describe.each(["f32", "f16"] as const)("an epilogue in %s gives what float64 does", (dtype) => {
  it.for(cases.map((given, turn) => ({ ...given, turn })))(
    "$name, $layout",
    async ({ chain, layout, variant, turn }, { skip }) => {
      skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
      const shape = { batch: 12, layout, dtype };
      const butterfly = stored(Butterfly.random(Chain.parse(chain), { seed: 9 }), shape);
      const terms = butterfly.chain.patterns.map(({ c }) => c);
      for (const { biased, ...epilogue } of epilogues(turn)) {
        const bias = Float32Array.from({ length: butterfly.chain.rows }, uniform(5));
        const ending = { ...epilogue, ...(biased ? { bias } : {}) };
        using fused = prepareFusedChain(gpu, butterfly, shape, { variant, ...ending });
        const { found } = await runMultiplication(gpu, fused, butterfly, shape, terms, ending);
        const what = JSON.stringify({ biased, ...epilogue });
        expect(found, what).toMatchObject({ ok: true, nonFinite: 0 });
      }
    },
  );
});
