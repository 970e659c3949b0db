import { describe, expect, it } from "vitest";
import { Chain } from "../pattern/chain.ts";
import { Butterfly } from "./butterfly.ts";
import { ButterflyProduct, RealTransform } from "./butterfly-product.ts";
import { compile } from "./compile.ts";
import { ComplexButterfly } from "./complex-butterfly.ts";
import { PermutedButterfly } from "./permuted-butterfly.ts";
import { reference } from "./reference.ts";
import { referenceProduct } from "./reference-product.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const tall = Butterfly.random(Chain.parse("1,3,2,2;2,2,2,1"), { seed: 1, dtype: "float64" });
const square = Butterfly.random(Chain.squareDyadic(4), { seed: 2, dtype: "float64" });
const map = Uint32Array.of(2, 0, 3, 1);

/** `P·A·B` by dense matrices. */
function product(left: Float64Array, right: Float64Array, rows: number): number[] {
  return Array.from({ length: rows * 4 }, (_, index) => {
    const [i, j] = [Math.floor(index / 4), index % 4];
    return [0, 1, 2, 3].reduce(
      (sum, k) => sum + (left[4 * i + k] as number) * (right[4 * k + j] as number),
      0,
    );
  });
}

describe("a product of real butterflies", () => {
  const stages = [
    new PermutedButterfly(tall),
    new PermutedButterfly(square, { right: map }),
  ] as const;
  const real = new ButterflyProduct(stages);
  const dense = product(tall.dense(), new PermutedButterfly(square, { right: map }).dense(), 6);

  it("multiplies real vectors, as its transpose does", () => {
    real.dense().forEach((value, index) => {
      expect(value).toBeCloseTo(dense[index] as number, 12);
    });
    real
      .transpose()
      .dense()
      .forEach((value, index) => {
        expect(value).toBeCloseTo(dense[4 * (index % 6) + Math.floor(index / 6)] as number, 12);
      });
    expect(real.convert("float32").stages[0]?.matrix.factors[0]?.values).toBeInstanceOf(
      Float32Array,
    );
    expect(real.nonZeros).toBe(tall.chain.nonZeros + square.chain.nonZeros);
  });

  it("is the complex one of the same factors, with its vectors in their places", async () => {
    const placement = { input: Uint32Array.of(3, 1), output: Uint32Array.of(5, 0, 2) };
    const placed = new ButterflyProduct(stages, placement);
    const complex = new RealTransform(
      new ButterflyProduct(
        [stages[0].map(ComplexButterfly.fromReal), stages[1].map(ComplexButterfly.fromReal)],
        placement,
      ),
    );
    const x = Float64Array.of(1, 2, -3, 0.5);
    for (const layout of ["batch-first", "batch-last"] as const) {
      const shape = { batch: 2, layout };
      using weights = await compile(placed, reference);
      const y = await weights.multiply(x, shape);
      expect(y).toEqual(referenceProduct(placed, x, shape));
      const expected = referenceProduct(complex, x, shape);
      y.forEach((value, index) => {
        expect(value).toBeCloseTo(expected[index] as number, 12);
      });
    }
    using weights = await compile(placed, reference);
    const given = weights.multiply({ re: x, im: x } as never, { batch: 2, layout: "batch-first" });
    await expect(given).rejects.toThrow(code("ARRAY_TYPE"));
  });

  it("has stages that fit, all real or all complex", () => {
    expect(() => new ButterflyProduct([stages[1], stages[0]])).toThrow(code("CHAIN_NOT_CHAINABLE"));
    const mixed = [stages[0], stages[1].map(ComplexButterfly.fromReal)] as never;
    expect(() => new ButterflyProduct(mixed)).toThrow(code("OPTION_INVALID"));
  });
});
