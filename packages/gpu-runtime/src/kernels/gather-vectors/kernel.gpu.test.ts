import { KroneckerSparse, Pattern } from "@papilio/butterfly";
import { dequantizeValues, quantizeValues } from "@papilio/butterfly/numeric";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { draw, lay, STORAGES } from "../../testing/vectors-in-memory.ts";
import { packKroneckerSparse } from "../kronecker-sparse/pack.ts";
import { packFewBits, roundWeights } from "../kronecker-sparse/pack-few-bits.ts";
import { type KroneckerSparsePacking, packingOf } from "../kronecker-sparse/packing.ts";
import type { KroneckerSparseVariant } from "../kronecker-sparse/variant.ts";
import { gatherVectorsKernel } from "./kernel.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

// Widths of one, two and four; batches that are padded and not; one of everything.
const sizes = [
  { count: 1, rows: 1, batch: 1, features: 1 },
  { count: 5, rows: 9, batch: 7, features: 13 },
  { count: 70, rows: 3, batch: 70, features: 6 },
  { count: 33, rows: 40, batch: 36, features: 20 },
];

describe.each(STORAGES)("from $from to $to in $dtype", ({ from, to, dtype }) => {
  it.for(sizes)("chooses $count of $rows vectors of $features", async (size, { skip }) => {
    skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
    const { count, rows, batch, features } = size;
    const vectors = draw(rows * features, dtype);
    const indices = Uint32Array.from({ length: count }, (_, n) => (n * 7 + 2) % rows);
    const y = await runKernel(
      gpu,
      gatherVectorsKernel({ ...size, from, to, dtype }),
      { source: lay(vectors, features, { batch: rows, layout: from }), indices },
      batch * features,
    );
    const chosen = Float32Array.from(
      { length: count * features },
      (_, index) =>
        vectors[
          (indices[Math.floor(index / features)] as number) * features + (index % features)
        ] as number,
    );
    expect(y).toEqual(lay(chosen, features, { batch, layout: to }));
  });
});

describe("rows of packed weights", () => {
  const [rows, features] = [21, 13];
  const pattern = new Pattern(1, rows, features, 1);
  const register = { kind: "register", spans: 1, reduction: 1, broadcast: "load" } as const;
  const outputs = {
    ...register,
    lanes: "outputs",
    tile: 4,
    workgroup: 8,
    coalescedStore: false,
  } as const;
  const variants: readonly KroneckerSparseVariant[] = [
    { ...outputs, lanes: "blocks", vector: 1 },
    { ...outputs, vector: 4 },
    { ...outputs, lanes: "batch", vector: 1 },
    { kind: "vector", vector: 4, splitK: 2, groups: 4, tile: 2, reduceScope: "workgroup" },
    { kind: "vector", vector: 1, splitK: 8, groups: 1, tile: 3, reduceScope: "workgroup" },
  ];

  it.each(variants)(
    "are those of the matrix, whatever their order: $kind $lanes $vector",
    async (variant) => {
      const packing = packingOf(pattern, variant);
      const weights = draw(rows * features, "f32");
      const indices = Uint32Array.of(20, 0, 7, 7, 99);
      const problem = { count: 5, rows, batch: 6, features, packing } as const;
      const y = await runKernel(
        gpu,
        gatherVectorsKernel({ ...problem, from: "batch-first", to: "batch-last", dtype: "f32" }),
        { source: packKroneckerSparse(pattern, weights, variant), indices },
        6 * features,
      );
      // An index beyond the last row reads the last.
      const chosen = [20, 0, 7, 7, 20].flatMap((row) => [
        ...weights.slice(row * features, (row + 1) * features),
      ]);
      const expected = lay(Float32Array.from(chosen), features, { batch: 6, layout: "batch-last" });
      expect(y).toEqual(expected);
    },
  );
});

describe("rows of packed weights of few bits", () => {
  const [rows, features] = [21, 45];
  const pattern = new Pattern(1, rows, features, 1);
  const packings: readonly KroneckerSparsePacking[] = [
    { order: "tiles", tile: rows },
    {
      order: "vector",
      variant: {
        ...{ kind: "vector", vector: 8, splitK: 2, groups: 4, tile: 2 },
        reduceScope: "workgroup",
      },
    },
  ];

  it.each(packings)("are what they stand for, whatever their order: $order", async (packing) => {
    const factor = new KroneckerSparse(pattern, draw(rows * features, "f32"));
    const indices = Uint32Array.of(20, 0, 7);
    const problem = { count: 3, rows, batch: 3, features, packing } as const;
    for (const weightDtype of ["q8", "q7", "q3", "f8e5m2"] as const) {
      const storage = { from: "batch-first", to: "batch-first", dtype: "f32" } as const;
      const kernel = gatherVectorsKernel({ ...problem, ...storage, weightDtype });
      const source = packFewBits(pattern, roundWeights(factor, weightDtype), packing);
      const y = await runKernel(gpu, kernel, { source, indices }, 3 * features);
      const values = dequantizeValues(
        quantizeValues(factor.values, [1, rows, features, 1], weightDtype),
      );
      const expected = [...indices].flatMap((row) => [
        ...values.slice(row * features, (row + 1) * features),
      ]);
      expect([...y]).toEqual(expected);
    }
  });
});

it("reads nothing outside of the source", async () => {
  const kernel = gatherVectorsKernel({
    count: 2,
    rows: 2,
    batch: 2,
    features: 3,
    from: "batch-first",
    to: "batch-first",
    dtype: "f32",
  });
  const source = Float32Array.of(1, 2, 3, 4, 5, 6);
  const y = await runKernel(gpu, kernel, { source, indices: Uint32Array.of(2, 2 ** 32 - 1) }, 6);
  expect([...y]).toEqual([4, 5, 6, 4, 5, 6]);
});
