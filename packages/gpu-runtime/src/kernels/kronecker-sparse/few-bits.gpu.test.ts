import { KroneckerSparse, Pattern } from "@papilio/butterfly";
import { CODE_GRIDS, FEW_BITS } from "@papilio/butterfly/numeric";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { prepareKroneckerSparse } from "../../multiplication/kronecker-sparse.ts";
import { WeightStore } from "../../multiplication/weight-store.ts";
import { expectMultiplied } from "../../testing/expect-multiplied.ts";
import { testFewBitsVariants } from "../../testing/few-bits-variants.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { runCase } from "../../testing/run-case.ts";
import { chooseKroneckerSparse, fewBitsVariant } from "./choose.ts";
import { fewBitsBytes } from "./few-bits.ts";
import { kroneckerSparseKernel } from "./kernel.ts";
import { packFewBits, roundWeights } from "./pack-few-bits.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

testFewBitsVariants(4);

describe("a store of weights of few bits", () => {
  it("holds them once for any number of vectors, in any order", async () => {
    const pattern = new Pattern(2, 16, 70, 2);
    const factor = KroneckerSparse.random(pattern, { seed: 2 });
    const one = { batch: 1, layout: "batch-last", dtype: "f32" } as const;
    for (const weightDtype of ["q8", "q3"] as const) {
      for (const kind of ["software", "hardware"] as const) {
        using store = new WeightStore(gpu);
        using shared = store.open();
        const weights = { shared, matrix: factor, stage: "" };
        const variant = chooseKroneckerSparse(
          { ...gpu.report, kind },
          { ...one, pattern, weightDtype },
        );
        const prepared = { variant, weights, weightDtype };
        using _ = prepareKroneckerSparse(gpu, factor, one, prepared);
        const { bytes } = store;
        // Of 70 inputs 72 codes, and three scales of 16 bits; the vector kernel pads them to whole turns.
        const { bits } = CODE_GRIDS[weightDtype];
        expect(bytes).toBeGreaterThanOrEqual(fewBitsBytes(pattern, weightDtype));
        expect(bytes).toBeLessThan((1.5 * bits * pattern.nonZeros) / 8);
        const many = { ...one, batch: 11 };
        const found = await runCase(
          gpu,
          factor,
          many,
          (given) => prepareKroneckerSparse(gpu, given, many, { weights, weightDtype }),
          undefined,
          undefined,
          weightDtype,
        );
        expect(found).toMatchObject({ ok: true, nonFinite: 0 });
        expect(store.bytes).toBe(bytes);
      }
    }
  });
});

it("one vector is multiplied by wide workgroups, whether stores are coalesced or not", async () => {
  const shape = { batch: 1, layout: "batch-first", dtype: "f32" } as const;
  for (const [pattern, weightDtype] of [
    [new Pattern(2, 256, 40, 1), "q4"],
    [new Pattern(2, 64, 24, 16), "q8"],
  ] as const) {
    const factor = KroneckerSparse.random(pattern, { seed: 4 });
    const chosen = fewBitsVariant(gpu.report, { ...shape, pattern, weightDtype });
    const variant = { ...chosen, spans: 8 };
    await expectMultiplied(gpu, factor, shape, variant, { biased: true, weightDtype });
  }
});

it("a variant that does not read weights as they are stored is refused", () => {
  const problem = {
    pattern: new Pattern(1, 40, 40, 1),
    batch: 1,
    layout: "batch-last",
    dtype: "f32",
  } as const;
  const few = { ...problem, weightDtype: "q4" } as const;
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  const floats = chooseKroneckerSparse(gpu.report, problem);
  expect(() => kroneckerSparseKernel(few, floats)).toThrow(refused);
  const vector = { kind: "vector", vector: 8, splitK: 1, groups: 8, tile: 1 } as const;
  expect(() => kroneckerSparseKernel(problem, { ...vector, reduceScope: "workgroup" })).toThrow(
    refused,
  );
  expect(kroneckerSparseKernel(few, fewBitsVariant(gpu.report, few)).label).toContain("-q4");
});

it("a type takes the bits of its codes, in whole bytes for eight inputs, and a half for 32", () => {
  for (const dtype of FEW_BITS) {
    const { bits } = CODE_GRIDS[dtype];
    // 2 * 16 * 2 rows of 70 inputs: nine units, and three scales.
    expect(fewBitsBytes(new Pattern(2, 16, 70, 2), dtype)).toBe(64 * (9 * bits + 3 * 2));
    const factor = KroneckerSparse.random(new Pattern(3, 5, 24, 1), { seed: 1 });
    const packing = { order: "tiles", tile: 5 } as const;
    const words = packFewBits(factor.stored, roundWeights(factor, dtype), packing);
    // In whole words: 45 units, and 15 scales.
    expect(words.byteLength).toBe(4 * Math.ceil((45 * bits) / 4) + 4 * 8);
  }
});
