import { Butterfly, Chain, KroneckerSparse, Pattern } from "@papilio/butterfly";
import { UNSHARED } from "@papilio/butterfly/matrix";
import { uniform } from "@papilio/butterfly/numeric";
import { describe, expect, it } from "vitest";
import { expectWithin, UNIT } from "../testing/expect-within.ts";
import { packWeights } from "../testing/pack-weights.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { verifyProduct } from "../testing/verify-product.ts";
import { layOutWeights } from "./packed-weights.ts";
import { readsRows, rowsProduct } from "./rows-product.ts";

const draw = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, uniform(seed));

const passOf = (pattern: Pattern) => layOutWeights(pattern, [{ pattern, sharing: UNSHARED }]);

describe("the product of vectors in rows", () => {
  it.each([
    ["1,16,1433,1", 35],
    ["1,7,16,1", 13],
    ["1,1,3,1", 16],
    ["1,31,385,1", 17],
    ["12,2,120,1", 200],
    ["5,5,2,1", 1029],
  ])("is that of %s for %d vectors", (text, vectors) => {
    const factor = KroneckerSparse.random(Pattern.parse(text), { seed: 1 });
    const { pattern } = factor;
    const weights = passOf(pattern);
    const x = draw(vectors * pattern.cols, 2);
    const bias = draw(pattern.rows, 3);
    const butterfly = new Butterfly([factor]);
    for (const simd of BOTH_SIMDS) {
      const { packed } = packWeights(weights, [factor.values], { simd });
      const operands = { x, weights: packed };
      const run = { simd, order: "backwards" } as const;
      const y = runKernel(rowsProduct({ vectors, weights }), operands, run).y as Float32Array;
      const shape = { batch: vectors, layout: "batch-first" } as const;
      expect(verifyProduct(butterfly, x, y, shape, [pattern.c])).toMatchObject({ ok: true });
      // A rectifier has no rounding of its own; the bias one, of what it is added to.
      const activation = { kind: "relu" } as const;
      const call = rowsProduct({ vectors, weights, bias: true, activation });
      const biased = runKernel(call, { ...operands, bias }, run).y as Float32Array;
      const sums = Array.from(y, (sum, at) => sum + (bias[at % pattern.rows] as number));
      const terms = pattern.c + 2;
      expectWithin(
        biased,
        sums.map((sum) => Math.max(0, sum)),
        (at) => 2 * terms * UNIT * (pattern.c + Math.abs(sums[at] as number)),
      );
    }
  });

  it("gives what is not a number to its own vector alone", () => {
    const factor = KroneckerSparse.random(Pattern.parse("1,4,9,1"), { seed: 1 });
    const weights = passOf(factor.pattern);
    const { packed } = packWeights(weights, [factor.values]);
    const x = draw(18 * 9, 2);
    x[17 * 9 + 3] = Number.NaN;
    const y = runKernel(rowsProduct({ vectors: 18, weights }), { x, weights: packed }).y;
    expect(y?.findIndex(Number.isNaN)).toBe(17 * 4);
  });

  it("is for few outputs, many vectors and one factor along the features", () => {
    const weights = passOf(Pattern.parse("1,32,100,1"));
    expect(readsRows(weights, 13)).toBe(true);
    expect(readsRows(weights, 12)).toBe(false);
    expect(readsRows(passOf(Pattern.parse("1,33,100,1")), 100)).toBe(false);
    expect(readsRows(passOf(Pattern.parse("1,4,4,2")), 100)).toBe(false);
    const chain = Chain.parse("1,4,4,1; 1,4,4,1");
    const stages = chain.patterns.map((pattern) => ({ pattern, sharing: UNSHARED }));
    expect(readsRows(layOutWeights(chain.product(), stages), 100)).toBe(false);
    const half = layOutWeights(weights.pattern, weights.stages, "f16");
    expect(readsRows(half, 100)).toBe(false);
    expect(() => rowsProduct({ vectors: 100, weights: half })).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID" }),
    );
  });
});
