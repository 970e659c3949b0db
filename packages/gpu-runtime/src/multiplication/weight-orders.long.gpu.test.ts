import { Butterfly, Chain, type KroneckerSparse, Pattern } from "@papilio/butterfly";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import { chooseForPacking } from "../kernels/kronecker-sparse/choose.ts";
import { packingOf, readsPacking } from "../kernels/kronecker-sparse/packing.ts";
import {
  type KroneckerSparseVariant,
  kroneckerSparseName,
  type RegisterKroneckerSparse,
} from "../kernels/kronecker-sparse/variant.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { runCase } from "../testing/run-case.ts";
import { report } from "../testing/variants.ts";
import { withSharedBlocks } from "../testing/with-shared-blocks.ts";
import { prepareKroneckerSparse } from "./kronecker-sparse.ts";
import { WeightStore } from "./weight-store.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const right = { ok: true, nonFinite: 0 };

const BATCH: RegisterKroneckerSparse = {
  kind: "register",
  lanes: "batch",
  vector: 4,
  spans: 1,
  tile: 6,
  reduction: 2,
  broadcast: "load",
  workgroup: 32,
  coalescedStore: false,
};

/** Variants that read weights in any order. */
const READERS: Readonly<Record<string, (subgroup: number | undefined) => KroneckerSparseVariant>> =
  {
    batch: () => BATCH,
    "batch by a subgroup": (subgroup) =>
      subgroup === undefined ? BATCH : { ...BATCH, broadcast: subgroup, workgroup: subgroup },
    workgroup: () => ({
      kind: "workgroup",
      tileM: 16,
      tileN: 32,
      tileK: 16,
      threadM: 2,
      threadN: 4,
      neighbours: 2,
    }),
  };

/** Variants for few vectors, each with an order of its own. */
const WRITERS: readonly KroneckerSparseVariant[] = [
  { ...BATCH, lanes: "outputs", vector: 4, tile: 1, reduction: 1 },
  { ...BATCH, lanes: "outputs", vector: 2, tile: 1, reduction: 1 },
  { ...BATCH, lanes: "blocks", vector: 1, tile: 2, reduction: 1 },
  { ...BATCH, tile: 4, vector: 1 },
  { kind: "vector", vector: 4, splitK: 1, groups: 4, tile: 2, reduceScope: "workgroup" },
  { kind: "vector", vector: 2, splitK: 8, groups: 2, tile: 1, reduceScope: "workgroup" },
  { kind: "vector", vector: 1, splitK: 4, groups: 8, tile: 4, reduceScope: "workgroup" },
];

describe.each(Object.entries(READERS))("the kernel along the %s", (_, reader) => {
  it.for(WRITERS.map((writer) => [kroneckerSparseName(writer), writer] as const))(
    "reads weights that %s packed",
    async ([, writer]) => {
      const subgroups = gpu.report.features.subgroups;
      const variant = reader(subgroups?.min === subgroups?.max ? subgroups?.max : undefined);
      const text = "2,18,22,3";
      const random = Butterfly.random(Chain.of([Pattern.parse(text)]), { seed: 8 });
      for (const matrix of [random, withSharedBlocks(random)]) {
        const factor = matrix.factors[0] as KroneckerSparse;
        using store = new WeightStore(gpu);
        const weights = { shared: store.open(), matrix: factor, stage: "all" };
        const first = { batch: 1, layout: "batch-first", dtype: "f32" } as const;
        using packed = prepareKroneckerSparse(gpu, factor, first, { variant: writer, weights });
        const { bytes } = store;
        const shape = { batch: 36, layout: "batch-last", dtype: "f32" } as const;
        const found = await runCase(gpu, factor, shape, () =>
          prepareKroneckerSparse(gpu, factor, shape, { variant, weights }),
        );
        expect(found, text).toMatchObject(right);
        expect([packed.bytes, store.bytes]).toEqual([0, bytes]);
      }
    },
  );
});

it("finds a kernel on hardware for weights that are packed for one vector", () => {
  const adapter = report("hardware", 32);
  for (const [text, first] of [
    ["1,4096,4096,1", WRITERS[5]],
    ["64,64,64,1", WRITERS[6]],
    ["4,8,16,64", WRITERS[2]],
  ] as const) {
    const pattern = Pattern.parse(text);
    const packing = packingOf(pattern, first as KroneckerSparseVariant);
    for (const batch of [16, 64, 100]) {
      const problem = { pattern, batch, layout: "batch-last", dtype: "f32" } as const;
      const chosen = chooseForPacking(adapter, problem, packing);
      expect(chosen && readsPacking(pattern, chosen, packing)).toBe(true);
    }
  }
});
