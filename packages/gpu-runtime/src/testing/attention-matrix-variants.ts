import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import { attentionKernel } from "../kernels/attention/kernel.ts";
import { matrixAttentionVariants } from "../kernels/attention/matrix-candidates.ts";
import type { MatrixAttention } from "../kernels/attention/variant.ts";
import { type AttentionCase, attentionProblem, expectAttention } from "./expect-attention.ts";
import { openTestGpu } from "./open-test-gpu.ts";
import { runKernel } from "./run-kernel.ts";

/** Sizes of which some fill products of 8 and 16, and most leave tails along every axis. */
const size = (max: number): fc.Arbitrary<number> =>
  fc.oneof(fc.integer({ min: 1, max }), fc.constantFrom(8, 16, 32));
const cases = fc
  .record({
    sequences: fc.integer({ min: 1, max: 2 }),
    queries: size(40),
    keys: size(70),
    keyValueHeads: fc.integer({ min: 1, max: 2 }),
    group: fc.integer({ min: 1, max: 3 }),
    headFeatures: size(40),
    causal: fc.boolean(),
    layouts: fc
      .array(fc.constantFrom("f", "l"), { minLength: 4, maxLength: 4 })
      .map((each) => each.join("")),
    spare: fc.nat(3),
    cached: fc.option(fc.nat(99)),
    lengths: fc.option(fc.tuple(fc.nat(99), fc.nat(99))),
    paged: fc.constantFrom(0, 0, 1, 4, 16),
  })
  .map(({ group, cached, lengths, paged, ...rest }): AttentionCase => {
    const keys = paged === 0 ? rest.keys : Math.ceil(rest.keys / paged) * paged;
    return {
      ...rest,
      keys,
      heads: group * rest.keyValueHeads,
      ...(cached === null ? {} : { at: cached % keys }),
      ...(lengths === null
        ? {}
        : { counts: lengths.slice(0, rest.sequences).map((count) => count % (keys + 1)) }),
      ...(paged === 0 ? {} : { pageSize: paged }),
    };
  });
const parts = fc.record({
  subgroups: fc.integer({ min: 1, max: 3 }),
  tiles: fc.integer({ min: 1, max: 2 }),
});

/**
 * Tests that attention on matrix units is right on any problem, where the device has such units; says that
 * the tests are skipped where it has none.
 */
export function testAttentionMatrixVariants(count: number): void {
  let gpu: Gpu;
  beforeAll(async () => {
    gpu = await openTestGpu();
  });
  afterAll(() => gpu.dispose());

  /** The smallest shape on the device's units. */
  function smallest({ skip }: Pick<TestContext, "skip">): MatrixAttention {
    const problem = attentionProblem({ queries: 64, keys: 64 }, "f16");
    const variant = matrixAttentionVariants(gpu.report, problem).at(-1);
    skip(variant === undefined, "the adapter has no matrix units");
    return variant as MatrixAttention;
  }

  describe("attention on matrix units", () => {
    it("of any problem, in any shape, is that in float64", async (context) => {
      const base = smallest(context);
      await fc.assert(
        fc.asyncProperty(cases, parts, async (given, { subgroups, tiles }) => {
          const variant = { ...base, subgroups, keys: tiles * base.keys };
          await expectAttention(gpu, attentionProblem(given, "f16"), given, variant);
        }),
        { numRuns: count, seed: 3 },
      );
    });

    it("in the shapes that are proposed is that in float64", async (context) => {
      smallest(context);
      const given = { queries: 70, keys: 90, heads: 2, headFeatures: 64, layouts: "ffff" };
      const problem = attentionProblem(given, "f16");
      const variants = matrixAttentionVariants(gpu.report, problem);
      expect(variants.length).toBeGreaterThan(1);
      for (const variant of variants) await expectAttention(gpu, problem, given, variant);
    });

    it("gives NaN to the queries that see a key with it, and to no other", async (context) => {
      const base = smallest(context);
      const [tokens, features] = [20, 4];
      const given = { queries: tokens, keys: tokens, headFeatures: features, causal: true };
      const problem = attentionProblem({ ...given, layouts: "ffff" }, "f16");
      const ones = new Float32Array(tokens * features).fill(1);
      for (const number of [Number.NaN, Number.POSITIVE_INFINITY]) {
        const k = ones.slice().fill(number, 7 * features, 8 * features);
        const kernel = attentionKernel(problem, base);
        const y = await runKernel(gpu, kernel, { q: ones, k, v: ones }, ones.length);
        const expected = ones.slice().fill(Number.NaN, 7 * features);
        expect([...y]).toEqual([...expected]);
      }
    });
  });
}
