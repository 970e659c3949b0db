import { KroneckerSparse, LAYOUTS, type Layout, Pattern } from "@papilio/butterfly";
import { afterAll, beforeAll, describe, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { ACTIVATIONS, epilogues } from "../../testing/epilogue-reference.ts";
import { expectMultiplied } from "../../testing/expect-multiplied.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import type { KroneckerSparseVariant } from "./variant.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

// One output of each kind for an invocation, where that makes no difference: compiling takes longest.
const register = {
  kind: "register",
  vector: 1,
  spans: 1,
  tile: 1,
  reduction: 1,
  broadcast: "load",
  workgroup: 8,
  coalescedStore: false,
} as const;
const vector = { kind: "vector", vector: 2, splitK: 2, groups: 4, tile: 1 } as const;

interface Place {
  readonly pattern: string;
  /** 8 unless given: whole loads when batch-last. */
  readonly batch?: number;
  variant(layout: Layout): KroneckerSparseVariant | undefined;
}

/** Everywhere that outputs are written: in loads of one element and of several, tiles full and not. */
const places: Record<string, Place> = {
  "lanes along the batch": {
    pattern: "2,5,6,3",
    variant: (layout) => ({
      ...register,
      lanes: "batch",
      vector: layout === "batch-last" ? 4 : 1,
    }),
  },
  "lanes along neighbouring outputs": {
    pattern: "2,8,6,1",
    variant: () => ({ ...register, lanes: "outputs", vector: 4 }),
  },
  "lanes along scattered outputs": {
    pattern: "2,5,6,3",
    variant: () => ({ ...register, lanes: "outputs", vector: 2 }),
  },
  "coalesced stores of several blocks": {
    pattern: "1,6,4,8",
    variant: (layout) =>
      layout === "batch-last"
        ? undefined
        : { ...register, lanes: "outputs", vector: 2, coalescedStore: true },
  },
  "lanes along the blocks": {
    pattern: "2,3,4,4",
    variant: (layout) => ({
      ...register,
      lanes: "blocks",
      vector: layout === "batch-first" ? 4 : 1,
    }),
  },
  "tiles in workgroup memory": {
    pattern: "2,9,6,3",
    variant: () => ({
      kind: "workgroup",
      tileM: 8,
      tileN: 8,
      tileK: 4,
      threadM: 1,
      threadN: 1,
      neighbours: 2,
    }),
  },
  "sums reduced in workgroup memory": {
    pattern: "2,5,6,3",
    batch: 3,
    variant: () => ({ ...vector, reduceScope: "workgroup" }),
  },
  "sums of one invocation": {
    pattern: "2,5,8,1",
    batch: 3,
    variant: () => ({ ...vector, splitK: 1, reduceScope: "subgroup" }),
  },
};

const cases = Object.entries(places).flatMap(([name, { pattern, batch = 8, variant }]) =>
  LAYOUTS.flatMap((layout) => {
    const chosen = variant(layout);
    return chosen === undefined ? [] : [{ name, pattern, batch, layout, variant: chosen }];
  }),
);

describe.each(["f32", "f16"] as const)("an epilogue in %s gives what float64 does", (dtype) => {
  it.for(cases.map((given, turn) => ({ ...given, turn })))(
    "$name, $layout",
    async ({ pattern, batch, layout, variant, turn }, { skip }) => {
      skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
      const factor = KroneckerSparse.random(Pattern.parse(pattern), { seed: 3 });
      for (const epilogue of epilogues(turn)) {
        await expectMultiplied(gpu, factor, { batch, layout, dtype }, variant, epilogue);
      }
    },
  );

  it.for([1, 2, 4] as const)(
    "every activation, %i wide, of small and large sums",
    async (width, { skip }) => {
      skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
      const small = KroneckerSparse.random(new Pattern(2, 3, 2, 2), { seed: 4 });
      const large = small.map((values) => values.map((value, index) => value * 10 ** (index % 3)));
      const variant = { ...register, lanes: "batch", vector: width } as const;
      for (const activation of ACTIVATIONS) {
        const shape = { batch: 64, layout: "batch-last", dtype } as const;
        await expectMultiplied(gpu, large, shape, variant, { biased: false, activation });
      }
    },
  );
});
