import { Butterfly, Chain, LAYOUTS } from "@papilio/butterfly";
import { uniform } from "@papilio/butterfly/numeric";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import { matrixChainVariant } from "../kernels/fused-chain/matrix-candidates.ts";
import { fusedChainName, type MatrixFusedChain } from "../kernels/fused-chain/variant.ts";
import { prepareFusedChain } from "../multiplication/fused-chain.ts";
import { epilogues } from "./epilogue-reference.ts";
import { expectFusedChain } from "./expect-fused-chain.ts";
import { openTestGpu } from "./open-test-gpu.ts";
import { runMultiplication, stored } from "./run-butterfly.ts";
import { withSharedBlocks } from "./with-shared-blocks.ts";

/** Chains of blocks of `u` and of twice as many, among `a` super-blocks of as many as `d` blocks side by side. */
const chains = (u: number): fc.Arbitrary<Chain> =>
  fc
    .record({
      a: fc.integer({ min: 1, max: 2 }),
      d: fc.integer({ min: 1, max: 3 }),
      rank: fc.constantFrom(2, u / 2, u),
      inner: fc.tuple(fc.constantFrom(1, 2), fc.constantFrom(1, 2)),
      outer: fc.tuple(fc.constantFrom(1, 2), fc.constantFrom(1, 2)),
      long: fc.constantFrom(false, false, true),
    })
    .map(({ a, d, rank, inner, outer, long }) => {
      const [rows, cols] = [u * outer[0], u * outer[1]];
      if (long) {
        const [first, between, last] = [4 * d, 2 * d, d];
        return Chain.parse(
          `${a},${rows},${u},${first};${2 * a},${u},${u},${between};${4 * a},${u},${cols},${last}`,
        );
      }
      const [c, b] = [u * inner[0], u * inner[1]];
      return Chain.parse(`${a},${rows},${c},${(d * b) / rank};${(a * c) / rank},${b},${cols},${d}`);
    });

/**
 * Tests that ranges of factors fused on matrix units are right, where the device has such units; says that
 * the tests are skipped where it has none.
 */
export function testFusedChainMatrixVariants(count: number): void {
  let gpu: Gpu;
  beforeAll(async () => {
    gpu = await openTestGpu();
  });
  afterAll(() => gpu.dispose());

  /** A shape on the device's units, and the size of blocks that they divide. */
  function unitsOf({ skip }: Pick<TestContext, "skip">): MatrixFusedChain {
    // Blocks that any units divide.
    const chain = Chain.parse("1,32,32,1;1,32,32,1");
    const shape = { batch: 1, layout: "batch-last", dtype: "f16" } as const;
    const variant = matrixChainVariant(gpu.report, { chain, ...shape });
    skip(variant === undefined, "the adapter has no matrix units");
    return variant as MatrixFusedChain;
  }

  describe("ranges fused on matrix units", () => {
    it("of any blocks that the units divide give the float64 product", async (context) => {
      const base = unitsOf(context);
      const given = fc.record({
        chain: chains(Math.max(base.unitM, base.unitK)),
        batch: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(8, 16, 32)),
        layout: fc.constantFrom(...LAYOUTS),
        subgroups: fc.integer({ min: 1, max: 3 }),
        products: fc.constantFrom(1, 1, 2),
        inPlace: fc.boolean(),
        shared: fc.boolean(),
        epilogue: fc.integer({ min: 0, max: 11 }),
      });
      await fc.assert(
        fc.asyncProperty(given, async ({ chain, batch, layout, subgroups, products, ...rest }) => {
          const shape = { batch, layout, dtype: "f16" } as const;
          const variant = { ...base, subgroups, tileN: products * base.unitN };
          const { b, c } = chain.product();
          if (rest.inPlace && b === c) {
            const options = { inPlace: true, biased: false, shared: rest.shared };
            await expectFusedChain(gpu, chain, shape, variant, options);
            return;
          }
          const random = stored(Butterfly.random(chain, { seed: 9 }), shape);
          const butterfly = rest.shared ? withSharedBlocks(random) : random;
          const turns = epilogues(rest.epilogue);
          const { biased, ...epilogue } = turns[rest.epilogue % turns.length] ?? { biased: false };
          const bias = Float32Array.from({ length: chain.rows }, uniform(5));
          const ending = { ...epilogue, ...(biased ? { bias } : {}) };
          using fused = prepareFusedChain(gpu, butterfly, shape, { variant, ...ending });
          const terms = chain.patterns.map((pattern) => pattern.c);
          const { found } = await runMultiplication(gpu, fused, butterfly, shape, terms, ending);
          const what = `${chain} ${JSON.stringify(shape)} ${fusedChainName(variant)}`;
          expect(found, what).toMatchObject({ ok: true, nonFinite: 0 });
        }),
        { numRuns: count, seed: 4 },
      );
    });

    it("are right in the shape that is proposed", async (context) => {
      const { unitM, unitK } = unitsOf(context);
      const u = Math.max(unitM, unitK);
      const chain = Chain.parse(`1,${u},${u},${u};${u},${u},${u},1`);
      for (const layout of LAYOUTS) {
        const shape = { batch: 40, layout, dtype: "f16" } as const;
        const variant = matrixChainVariant(gpu.report, { chain, ...shape });
        expect(variant).toBeDefined();
        const options = { inPlace: false, biased: false, shared: false };
        await expectFusedChain(gpu, chain, shape, variant as MatrixFusedChain, options);
      }
    });
  });
}
