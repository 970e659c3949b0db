import { compile, KroneckerSparse, Pattern } from "@papilio/butterfly";
import { referenceProduct } from "@papilio/butterfly/matrix";
import { uniform } from "@papilio/butterfly/numeric";
import { expect } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import { tensor } from "../tensor/tensor.ts";

const SHAPE = { layout: "batch-last", dtype: "f32" } as const;

/**
 * Multiplies by changing patterns and batches, every result compared with the reference, and returns
 * the bytes that the pool had reserved after the first hundred rounds.
 *
 * @param rounds of five operations each: two uploads, a multiplication, a read, a release
 */
export async function runMixedOperations(gpu: Gpu, rounds: number): Promise<number> {
  const next = uniform(3);
  const patterns = ["1,4,4,4", "2,8,4,2", "4,4,4,1", "1,16,8,4"].map((text) =>
    KroneckerSparse.random(Pattern.parse(text), { seed: 1 }),
  );
  let afterWarmUp = 0;
  for (let round = 0; round < rounds; round++) {
    const factor = patterns[round % patterns.length] as KroneckerSparse;
    const { cols } = factor.pattern;
    const batch = 1 + (round % 7);
    using weights = await compile(factor, gpu);
    const values = Float32Array.from({ length: batch * cols }, next);
    using x = tensor(gpu, values, { ...SHAPE, batch, features: cols });
    using y = await weights.multiply(x);
    const result = await y.data();
    const expected = referenceProduct(factor, values, { batch, layout: "batch-last" });
    // Memory that others had before must not show in the result.
    result.forEach((value, index) => {
      expect(Math.abs(value - (expected[index] as number))).toBeLessThan(1e-4);
    });
    if (round === 100) afterWarmUp = gpu.memory.statistics.reserved;
  }
  return afterWarmUp;
}
