import { Butterfly, KroneckerSparse, type Layout, Pattern } from "@papilio/butterfly";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import type { Epilogue } from "../kernels/epilogue.ts";
import { matrixVariants } from "../kernels/kronecker-sparse/matrix-candidates.ts";
import type { MatrixKroneckerSparse } from "../kernels/kronecker-sparse/variant.ts";
import { prepareKroneckerSparse } from "../multiplication/kronecker-sparse.ts";
import type { InputShape } from "../tensor/input-shape.ts";
import { epilogues } from "./epilogue-reference.ts";
import { expectMultiplied } from "./expect-multiplied.ts";
import { openTestGpu } from "./open-test-gpu.ts";
import { withSharedBlocks } from "./with-shared-blocks.ts";

let gpu: Gpu;

/** Patterns of which some fill products of 8 and 16, and most leave tails along every axis. */
const size = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(8, 16, 32, 48));
const problems = fc.record({
  pattern: fc
    .tuple(fc.integer({ min: 1, max: 3 }), size, size, fc.constantFrom(1, 2, 3, 5, 8, 16, 18))
    .map(([a, b, c, d]) => new Pattern(a, b, c, d)),
  batch: size,
});
const parts = fc.record({
  // Software takes a second to compile a kernel of many products: at most two along some axis.
  products: fc.constantFrom([1, 1, 1], [1, 1, 1], [2, 1, 1], [1, 2, 1], [1, 1, 2]),
  subgroupsM: fc.integer({ min: 1, max: 2 }),
  subgroupsN: fc.integer({ min: 1, max: 2 }),
  neighbours: fc.constantFrom(1, 1, 2, 3),
  layout: fc.nat(1),
  shared: fc.boolean(),
  biased: fc.boolean(),
  epilogue: fc.integer({ min: 0, max: 11 }),
});

/**
 * Tests that the kernel on matrix units is right on any problem, where the device has such units; says that
 * the tests are skipped where it has none.
 *
 * @param count problems that are tried, of any of the layouts
 */
export function testMatrixVariants(count: number, layouts: readonly Layout[]): void {
  beforeAll(async () => {
    gpu = await openTestGpu();
  });
  afterAll(() => gpu.dispose());

  const requireUnits = ({ skip }: Pick<TestContext, "skip">): void =>
    skip(gpu.report.features.matrixUnits?.taken !== true, "the adapter has no matrix units");

  /** The smallest shape on the device's units. */
  function smallest(shape: InputShape, pattern: Pattern): MatrixKroneckerSparse {
    const variant = matrixVariants(gpu.report, { pattern, ...shape }).at(-1);
    if (variant === undefined) throw new Error("There is no variant on matrix units.");
    return variant;
  }

  describe("on matrix units", () => {
    it("any variant on any problem gives the float64 product", async (context) => {
      requireUnits(context);
      await fc.assert(
        fc.asyncProperty(problems, parts, async ({ pattern, batch }, chosen) => {
          const { layout, shared, biased, epilogue, neighbours, products, ...rest } = chosen;
          const shape = {
            batch,
            layout: layouts[layout % layouts.length] as Layout,
            dtype: "f16",
          } as const;
          const random = KroneckerSparse.random(pattern, { seed: 11 });
          const equal = (): KroneckerSparse =>
            withSharedBlocks(new Butterfly([random])).factors[0] as KroneckerSparse;
          const factor = shared && pattern.blocks > 1 ? equal() : random;
          const variant = {
            ...smallest(shape, pattern),
            ...rest,
            productsM: products[0] as number,
            productsN: products[1] as number,
            productsK: products[2] as number,
            neighbours: Math.min(neighbours, pattern.d),
          };
          const turns = epilogues(epilogue);
          const after = turns[epilogue % turns.length] as Epilogue;
          await expectMultiplied(gpu, factor, shape, variant, { ...after, biased });
        }),
        { numRuns: count, seed: 5 },
      );
    });

    it("the candidates for tuning give the float64 product, of a dense matrix too", async (context) => {
      requireUnits(context);
      for (const pattern of [new Pattern(1, 16, 16, 2), new Pattern(1, 20, 16, 1)]) {
        for (const layout of layouts) {
          const shape = { batch: 16, layout, dtype: "f16" } as const;
          const variants = matrixVariants(gpu.report, { pattern, ...shape });
          expect(variants.length).toBeGreaterThan(2);
          for (const variant of variants) {
            const factor = KroneckerSparse.random(pattern, { seed: 2 });
            await expectMultiplied(gpu, factor, shape, variant, { biased: true });
          }
        }
      }
    });
  });

  it("are refused where the device does not have the product", () => {
    const pattern = new Pattern(1, 8, 8, 1);
    const shape = { batch: 8, layout: "batch-last", dtype: "f32" } as const;
    const variant: MatrixKroneckerSparse = {
      kind: "matrix",
      unitM: 3,
      unitN: 3,
      unitK: 3,
      subgroup: 8,
      productsM: 1,
      productsN: 1,
      productsK: 1,
      subgroupsM: 1,
      subgroupsN: 1,
      neighbours: 1,
    };
    const factor = KroneckerSparse.random(pattern, { seed: 1 });
    expect(() => prepareKroneckerSparse(gpu, factor, shape, { variant })).toThrow(
      expect.objectContaining({ code: "MATRIX_UNITS_UNAVAILABLE" }),
    );
  });
}
