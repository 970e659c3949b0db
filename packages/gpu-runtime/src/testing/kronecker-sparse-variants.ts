import { Butterfly, KroneckerSparse, LAYOUTS, Pattern } from "@papilio/butterfly";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import { chooseKroneckerSparse } from "../kernels/kronecker-sparse/choose.ts";
import type {
  KroneckerSparseVariant,
  RegisterKroneckerSparse,
  VectorKroneckerSparse,
} from "../kernels/kronecker-sparse/variant.ts";
import { loadWidth } from "../kernels/wgsl.ts";
import type { InputShape } from "../tensor/input-shape.ts";
import { expectMultiplied } from "./expect-multiplied.ts";
import { openTestGpu } from "./open-test-gpu.ts";
import { withSharedBlocks } from "./with-shared-blocks.ts";

let gpu: Gpu;
let subgroup: number | "load";

async function expectRight(
  pattern: Pattern,
  shape: InputShape,
  variant: KroneckerSparseVariant,
): Promise<void> {
  const random = KroneckerSparse.random(pattern, { seed: 11 });
  await expectMultiplied(gpu, random, shape, variant, { biased: true });
  // The same with blocks that are equal along one axis or both, if it has any.
  const { a, d } = pattern;
  if (a === 1 && d === 1) return;
  const shared = withSharedBlocks(new Butterfly([random])).factors[0] as KroneckerSparse;
  await expectMultiplied(gpu, shared, shape, variant, { biased: true });
}

const shapes = fc.record({
  pattern: fc
    .tuple(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 9 }),
    )
    .map(([a, b, c, d]) => new Pattern(a, b, c, d)),
  batch: fc.integer({ min: 1, max: 40 }),
  layout: fc.constantFrom(...LAYOUTS),
  dtype: fc.constantFrom("f32" as const, "f16" as const),
});

const registers = fc.record({
  lanes: fc.constantFrom("batch" as const, "outputs" as const, "blocks" as const),
  vector: fc.constantFrom(1 as const, 2 as const, 4 as const),
  spans: fc.integer({ min: 1, max: 3 }),
  tile: fc.integer({ min: 1, max: 7 }),
  reduction: fc.constantFrom(1, 2, 3),
  shared: fc.boolean(),
  subgroups: fc.integer({ min: 1, max: 3 }),
  coalescedStore: fc.boolean(),
});

/**
 * Tests that any variant of the fused kernel is right on any problem.
 *
 * @param share how many of the problems are tried: 1 for 200 of them
 */
export function testKroneckerSparseVariants(share: number): void {
  beforeAll(async () => {
    gpu = await openTestGpu();
    const sizes = gpu.report.features.subgroups;
    subgroup = sizes !== null && sizes.min === sizes.max ? sizes.min : "load";
  });
  afterAll(() => gpu.dispose());

  const runs = (all: number): number => Math.ceil(share * all);

  describe("any variant on any problem gives the float64 product, bias included", () => {
    it("register-blocked", async () => {
      await fc.assert(
        fc.asyncProperty(shapes, registers, async ({ pattern, batch, layout, dtype }, chosen) => {
          const { lanes, shared, subgroups, ...rest } = chosen;
          const size = subgroup === "load" ? 8 : subgroup;
          // What a variant may assume: see RegisterKroneckerSparse.
          const contiguous =
            lanes === "outputs"
              ? rest.vector
              : lanes === "batch"
                ? loadWidth(layout === "batch-last" ? batch : 1)
                : loadWidth(layout === "batch-first" ? pattern.d : 1);
          const variant: RegisterKroneckerSparse = {
            ...rest,
            kind: "register",
            lanes,
            vector: Math.min(rest.vector, contiguous) as 1 | 2 | 4,
            reduction: pattern.c % rest.reduction === 0 ? rest.reduction : 1,
            broadcast: shared && lanes !== "blocks" ? subgroup : "load",
            workgroup: subgroups * size,
            coalescedStore:
              rest.coalescedStore &&
              lanes === "outputs" &&
              layout === "batch-first" &&
              pattern.d % 4 === 0,
          };
          const stored = dtype === "f16" && !gpu.report.features.f16 ? "f32" : dtype;
          await expectRight(pattern, { batch, layout, dtype: stored }, variant);
        }),
        { numRuns: runs(60), seed: 1 },
      );
    });

    it("staged in workgroup memory", async () => {
      await fc.assert(
        fc.asyncProperty(
          shapes,
          fc.record({
            threadM: fc.constantFrom(1, 2, 4),
            threadN: fc.constantFrom(1, 4),
            tileK: fc.constantFrom(4, 8, 16),
            neighbours: fc.constantFrom(1, 2, 3, 8),
          }),
          async ({ pattern, batch, layout, dtype }, { threadM, threadN, tileK, neighbours }) => {
            const stored = dtype === "f16" && !gpu.report.features.f16 ? "f32" : dtype;
            await expectRight(
              pattern,
              { batch, layout, dtype: stored },
              {
                kind: "workgroup",
                tileM: (neighbours === 1 ? 8 : 2) * threadM,
                tileN: (neighbours === 1 ? 8 : 4) * threadN,
                tileK,
                threadM,
                threadN,
                neighbours: Math.min(neighbours, pattern.d),
              },
            );
          },
        ),
        { numRuns: runs(20), seed: 1 },
      );
    });

    it("sharing the reduction", async () => {
      await fc.assert(
        fc.asyncProperty(
          shapes,
          fc.integer({ min: 1, max: 8 }),
          fc.record({
            vector: fc.constantFrom(1 as const, 2 as const, 4 as const),
            splitK: fc.constantFrom(1, 2, 4, 8),
            groups: fc.integer({ min: 1, max: 5 }),
            tile: fc.integer({ min: 1, max: 4 }),
            shuffled: fc.boolean(),
          }),
          async ({ pattern, layout, dtype }, batch, { shuffled, ...rest }) => {
            const stored = dtype === "f16" && !gpu.report.features.f16 ? "f32" : dtype;
            // What a variant may assume: see VectorKroneckerSparse.
            const groups =
              shuffled && subgroup !== "load" && subgroup % rest.splitK === 0
                ? subgroup / rest.splitK
                : null;
            const variant: VectorKroneckerSparse = {
              ...rest,
              kind: "vector",
              groups: groups ?? rest.groups,
              reduceScope: groups === null ? "workgroup" : "subgroup",
            };
            await expectRight(pattern, { batch, layout, dtype: stored }, variant);
          },
        ),
        { numRuns: runs(60), seed: 3 },
      );
    });

    it("as chosen for the problem", async () => {
      await fc.assert(
        fc.asyncProperty(shapes, async ({ pattern, batch, layout, dtype }) => {
          const stored = dtype === "f16" && !gpu.report.features.f16 ? "f32" : dtype;
          const problem = { pattern, batch, layout, dtype: stored } as const;
          await expectRight(pattern, problem, chooseKroneckerSparse(gpu.report, problem));
        }),
        { numRuns: runs(40), seed: 2 },
      );
    });

    // Its many sums take software seconds to compile: not among the short tests.
    if (share === 1) {
      it("as chosen on a GPU for blocks between others", async () => {
        for (const [text, dtype] of [
          ["2,20,5,3", "f32"],
          ["1,9,12,16", "f16"],
        ] as const) {
          const stored = dtype === "f16" && !gpu.report.features.f16 ? "f32" : dtype;
          const pattern = Pattern.parse(text);
          const problem = { pattern, batch: 33, layout: "batch-first", dtype: stored } as const;
          const variant = chooseKroneckerSparse({ ...gpu.report, kind: "hardware" }, problem);
          expect(variant).toMatchObject({ kind: "workgroup" });
          await expectMultiplied(
            gpu,
            KroneckerSparse.random(pattern, { seed: 11 }),
            problem,
            variant,
            { biased: true },
          );
        }
      });
    }

    it("as chosen for long rows and few entries", async () => {
      const long = fc
        .tuple(
          fc.integer({ min: 1, max: 2 }),
          fc.integer({ min: 1, max: 40 }),
          fc.integer({ min: 120, max: 300 }),
          fc.integer({ min: 1, max: 3 }),
        )
        .map(([a, b, c, d]) => new Pattern(a, b, c, d));
      const few = fc.integer({ min: 1, max: 8 });
      await fc.assert(
        fc.asyncProperty(shapes, long, few, async ({ layout, dtype }, pattern, batch) => {
          const stored = dtype === "f16" && !gpu.report.features.f16 ? "f32" : dtype;
          const problem = { pattern, batch, layout, dtype: stored } as const;
          await expectRight(pattern, problem, chooseKroneckerSparse(gpu.report, problem));
          const ofHardware = chooseKroneckerSparse({ ...gpu.report, kind: "hardware" }, problem);
          await expectRight(pattern, problem, ofHardware);
        }),
        { numRuns: runs(12), seed: 4 },
      );
    });

    it("stores several blocks at once, as vec4", async () => {
      const pattern = new Pattern(2, 20, 6, 8);
      for (const vector of [1, 2, 4] as const) {
        await expectRight(
          pattern,
          { batch: 9, layout: "batch-first", dtype: "f32" },
          {
            kind: "register",
            lanes: "outputs",
            vector,
            spans: 2,
            tile: 4,
            reduction: 2,
            broadcast: subgroup,
            workgroup: subgroup === "load" ? 8 : subgroup,
            coalescedStore: true,
          },
        );
      }
    });
  });
}
