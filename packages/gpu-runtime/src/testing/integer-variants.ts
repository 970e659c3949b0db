import { LAYOUTS, type Layout, Pattern } from "@papilio/butterfly";
import { stridesOf, uniform } from "@papilio/butterfly/numeric";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import {
  integerKroneckerSparseKernel,
  integerKroneckerSparseVariants,
  packIntegerKroneckerSparse,
} from "../kernels/kronecker-sparse/integer.ts";
import { kroneckerSparseName } from "../kernels/kronecker-sparse/variant.ts";
import { openTestGpu } from "./open-test-gpu.ts";
import { runKernel } from "./run-kernel.ts";

const size = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(8, 16, 32));
const problems = fc.record({
  pattern: fc
    .tuple(fc.integer({ min: 1, max: 3 }), size, size, fc.constantFrom(1, 2, 3, 8, 18))
    .map(([a, b, c, d]) => new Pattern(a, b, c, d)),
  batch: size,
  layout: fc.constantFrom(...LAYOUTS),
  neighbours: fc.constantFrom(1, 1, 2, 3),
  products: fc.constantFrom([1, 1, 1], [1, 1, 1], [2, 1, 1], [1, 2, 1], [1, 1, 2]),
  subgroupsM: fc.integer({ min: 1, max: 2 }),
  subgroupsN: fc.integer({ min: 1, max: 2 }),
});

/** Integers of 8 bits, the least and the greatest among them. */
function integers(length: number, seed: number): Int8Array<ArrayBuffer> {
  const next = uniform(seed);
  return Int8Array.from({ length }, (_, at) =>
    at % 7 === 0 ? -128 : at % 7 === 1 ? 127 : Math.floor(128 * next()),
  );
}

/** As words, with what pads the last one. */
function words(values: Int8Array): Uint32Array<ArrayBuffer> {
  const bytes = new Int8Array(Math.ceil(values.length / 4) * 4);
  bytes.set(values);
  return new Uint32Array(bytes.buffer);
}

/** Every output in whole numbers, which float64 holds exactly. */
function product(
  { a, b, c, d, cols, rows }: Pattern,
  values: Int8Array,
  x: Int8Array,
  shape: { readonly batch: number; readonly layout: Layout },
): number[] {
  const [from, to] = [stridesOf(shape, cols), stridesOf(shape, rows)];
  const y = new Array<number>(shape.batch * rows).fill(0);
  for (let n = 0; n < shape.batch; n++) {
    for (let i = 0; i < a; i++) {
      for (let j = 0; j < b; j++) {
        for (let k = 0; k < d; k++) {
          let sum = 0;
          for (let l = 0; l < c; l++) {
            const value = values[((i * b + j) * c + l) * d + k] as number;
            sum += value * (x[n * from.vector + ((i * c + l) * d + k) * from.feature] as number);
          }
          y[n * to.vector + ((i * b + j) * d + k) * to.feature] = sum;
        }
      }
    }
  }
  return y;
}

/**
 * Tests that products in integers on matrix units are exact, where the device has such units; says that the test is
 * skipped where it has none.
 */
export function testIntegerVariants(count: number): void {
  let gpu: Gpu;
  beforeAll(async () => {
    gpu = await openTestGpu();
  });
  afterAll(() => gpu.dispose());

  it("products of any pattern in integers are exact", async ({ skip }) => {
    const smallest = integerKroneckerSparseVariants(gpu.report, {
      pattern: new Pattern(1, 8, 8, 1),
      batch: 8,
      layout: "batch-last",
    }).at(-1);
    if (smallest === undefined) skip("the adapter has no matrix units for integers");
    else {
      await fc.assert(
        fc.asyncProperty(problems, async ({ pattern, batch, layout, products, ...parts }) => {
          const variant = {
            ...smallest,
            ...parts,
            productsM: products[0] as number,
            productsN: products[1] as number,
            productsK: products[2] as number,
            neighbours: Math.min(parts.neighbours, pattern.d),
          };
          const values = integers(pattern.nonZeros, 3);
          const x = integers(batch * pattern.cols, 5);
          const kernel = integerKroneckerSparseKernel({ pattern, batch, layout }, variant);
          const w = words(packIntegerKroneckerSparse(pattern, values, variant));
          const before = new Float32Array(batch * pattern.rows);
          const found = await runKernel(gpu, kernel, { x: words(x), w }, before);
          const expected = product(pattern, values, x, { batch, layout });
          expect(
            [...new Int32Array(found.buffer, found.byteOffset, found.length)],
            `${pattern} ${layout} ${batch} ${kroneckerSparseName(variant)}`,
          ).toEqual(expected);
        }),
        { numRuns: count, seed: 7 },
      );
    }
  });
}
