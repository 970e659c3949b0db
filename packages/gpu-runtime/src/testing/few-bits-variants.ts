import { KroneckerSparse, LAYOUTS, Pattern } from "@papilio/butterfly";
import { FEW_BITS, type FewBits } from "@papilio/butterfly/numeric";
import fc from "fast-check";
import { afterAll, beforeAll, describe, it } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import { chooseKroneckerSparse } from "../kernels/kronecker-sparse/choose.ts";
import type { KroneckerSparseVariant } from "../kernels/kronecker-sparse/variant.ts";
import { expectMultiplied } from "./expect-multiplied.ts";
import { openTestGpu } from "./open-test-gpu.ts";

let gpu: Gpu;
let subgroup: number | "load";
const size = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });
const problemsOf = (dtypes: readonly FewBits[]) =>
  fc
    .record({
      pattern: fc
        .tuple(size(3), size(20), fc.oneof(size(12), size(100)), size(5))
        .map(([a, b, c, d]) => new Pattern(a, b, c, d)),
      batch: fc.oneof(fc.constant(1), size(12)),
      layout: fc.constantFrom(...LAYOUTS),
      half: fc.boolean(),
      weightDtype: fc.constantFrom(...dtypes),
      /** Of weights: those of the smallest have scales that half precision has fewer digits for. */
      magnitude: fc.constantFrom(1, 1, 1e-5, 500),
      shared: fc.record({ a: fc.boolean(), d: fc.boolean() }),
    })
    .map(({ half, magnitude, shared, pattern, ...rest }) => {
      const dtype = half && magnitude === 1 && gpu.report.features.f16 ? "f16" : "f32";
      const random = KroneckerSparse.random(pattern, { seed: 11 });
      const factor = random.map((values) => values.map((value) => magnitude * value));
      return { ...rest, dtype, pattern, factor: factor.withSharing(shared) } as const;
    });

/**
 * Tests that kernels of any shape read weights of few bits right, of any problem.
 *
 * @param count of the problems of each kind
 * @param groups types of which a problem has one: so many problems of each group
 */
export function testFewBitsVariants(
  count: number,
  groups: readonly (readonly FewBits[])[] = [FEW_BITS],
): void {
  beforeAll(async () => {
    gpu = await openTestGpu();
    const sizes = gpu.report.features.subgroups;
    subgroup = sizes !== null && sizes.min === sizes.max ? sizes.min : "load";
  });
  afterAll(() => gpu.dispose());

  const options = { numRuns: count };
  describe.each(groups.map((dtypes) => ({ dtypes, names: dtypes.join(", ") })))(
    "weights in $names give the float64 product of what they stand for",
    ({ dtypes }) => {
      const problems = problemsOf(dtypes);
      it("along outputs", async () => {
        const shape = fc.record({
          spans: size(3),
          tile: size(4),
          shares: fc.boolean(),
          subgroups: size(2),
          coalesces: fc.boolean(),
        });
        await fc.assert(
          fc.asyncProperty(problems, shape, async ({ factor, weightDtype, ...problem }, chosen) => {
            const { shares, subgroups, coalesces, spans, tile } = chosen;
            const { pattern, layout } = problem;
            const variant = {
              kind: "register",
              lanes: "outputs",
              vector: 1,
              spans,
              tile,
              reduction: 8,
              broadcast: shares ? subgroup : "load",
              workgroup: subgroups * (subgroup === "load" ? 8 : subgroup),
              coalescedStore: coalesces && layout === "batch-first" && pattern.d % 4 === 0,
            } as const;
            await expectMultiplied(gpu, factor, problem, variant, { biased: true, weightDtype });
          }),
          { ...options, seed: 5 },
        );
      });

      it("sharing the reduction", async () => {
        const shape = fc.record({
          splitK: fc.constantFrom(1, 2, 4, 8),
          groups: size(5),
          tile: size(3),
        });
        await fc.assert(
          fc.asyncProperty(problems, shape, async ({ factor, weightDtype, ...problem }, chosen) => {
            const isWhole = subgroup !== "load" && subgroup % chosen.splitK === 0;
            const variant: KroneckerSparseVariant = {
              ...chosen,
              kind: "vector",
              vector: 8,
              reduceScope: isWhole ? "subgroup" : "workgroup",
              groups: isWhole ? (subgroup as number) / chosen.splitK : chosen.groups,
            };
            const few = { ...problem, batch: Math.min(problem.batch, 8) };
            await expectMultiplied(gpu, factor, few, variant, { biased: true, weightDtype });
            if (!isWhole) return;
            const staged = { ...variant, reduceScope: "workgroup", groups: chosen.groups } as const;
            await expectMultiplied(gpu, factor, few, staged, { biased: false, weightDtype });
          }),
          { ...options, seed: 6 },
        );
      });

      it("as chosen, with an epilogue", async () => {
        const epilogue = fc.record({
          multiply: fc.boolean(),
          add: fc.boolean(),
          biased: fc.boolean(),
        });
        await fc.assert(
          fc.asyncProperty(problems, epilogue, async ({ factor, ...problem }, ending) => {
            const { weightDtype } = problem;
            const own = chooseKroneckerSparse(gpu.report, problem);
            const ofHardware = chooseKroneckerSparse({ ...gpu.report, kind: "hardware" }, problem);
            for (const variant of [own, ofHardware]) {
              await expectMultiplied(gpu, factor, problem, variant, { ...ending, weightDtype });
            }
          }),
          { ...options, seed: 7 },
        );
      });
    },
  );
}
