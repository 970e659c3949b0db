import { Butterfly, KroneckerSparse, Pattern } from "@papilio/butterfly";
import {
  BIPOLAR_BITS,
  type BipolarBits,
  bipolarToFloats,
  packBipolar,
  roundBipolar,
  uniform,
} from "@papilio/butterfly/numeric";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { verifyProduct } from "../testing/verify-product.ts";
import { bipolarPlanes, bipolarProduct } from "./bipolar.ts";

interface Drawn {
  readonly pattern: Pattern;
  readonly vectors: number;
  readonly weightBits: BipolarBits;
  readonly vectorBits: BipolarBits;
  readonly seed: number;
}

const bits = fc.constantFrom(...BIPOLAR_BITS);
const drawn: fc.Arbitrary<Drawn> = fc
  .tuple(
    fc.tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 9 }),
      fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constantFrom(31, 32, 33, 64, 300)),
      fc.integer({ min: 1, max: 5 }),
    ),
    fc.integer({ min: 1, max: 9 }),
    bits,
    bits,
    fc.nat(),
  )
  .map(([sizes, vectors, weightBits, vectorBits, seed]) => ({
    pattern: new Pattern(...sizes),
    ...{ vectors, weightBits, vectorBits, seed },
  }));

const floats = (length: number, next: () => number): Float32Array =>
  Float32Array.from({ length }, next);

/** What both kernels give for the operands, and these rounded by `roundBipolar`. */
function multiply(
  { pattern, vectors, weightBits, vectorBits }: Omit<Drawn, "seed">,
  values: Float32Array,
  x: Float32Array,
  simd: (typeof BOTH_SIMDS)[number] = "relaxed",
) {
  const { a, b, c, d } = pattern;
  const weights = roundBipolar(values, [a, b, c, d], weightBits);
  const options = { simd, order: "backwards" } as const;
  const problem = { vectors, pattern };
  const { planes } = runKernel(bipolarPlanes({ ...problem, bits: vectorBits }), { x }, options);
  const call = bipolarProduct({ ...problem, weightBits, vectorBits });
  const operands = { planes: planes as Float32Array, weights: packBipolar(weights) };
  return { weights, y: runKernel(call, operands, options).y as Float32Array };
}

describe("products of bipolar numbers", () => {
  it("are exact sums of the rounded operands, times the scales", () => {
    fc.assert(
      fc.property(drawn, ({ seed, ...problem }) => {
        const { pattern, vectors, vectorBits } = problem;
        const { a, b, c, d } = pattern;
        const next = uniform(seed);
        const values = floats(pattern.nonZeros, next);
        const x = floats(vectors * pattern.cols, next);
        const { weights, y } = multiply(problem, values, x);
        const inputs = roundBipolar(x, [vectors * a, 1, c, d], vectorBits);
        const expected = new Float32Array(vectors * pattern.rows);
        for (let at = 0; at < expected.length; at++) {
          const [v, row] = [Math.floor(at / pattern.rows), at % pattern.rows];
          const [i, j, k] = [Math.floor(row / (b * d)), Math.floor(row / d) % b, row % d];
          let sum = 0;
          for (let l = 0; l < c; l++) {
            const weight = weights.numbers[((i * b + j) * c + l) * d + k] as number;
            sum += weight * (inputs.numbers[((v * a + i) * c + l) * d + k] as number);
          }
          const scaled = Math.fround(sum * (inputs.scales[(v * a + i) * d + k] as number));
          expected[at] = scaled * (weights.scales[(i * b + j) * d + k] as number);
        }
        expect(y).toEqual(expected);
      }),
    );
  });

  it.each(BOTH_SIMDS)("are the float64 products of the rounded operands, %s", (simd) => {
    for (const [text, vectors, weightBits, vectorBits] of [
      ["2,48,64,3", 17, 2, 3],
      ["1,70,1100,1", 130, 4, 4],
      ["1,3,8300,1", 2, 1, 4],
      ["7,2,2,9", 5, 3, 1],
    ] as const) {
      const pattern = Pattern.parse(text);
      const { a, c, d } = pattern;
      const next = uniform(3);
      const values = floats(pattern.nonZeros, next);
      const x = floats(vectors * pattern.cols, next);
      const { weights, y } = multiply(
        { pattern, vectors, weightBits, vectorBits },
        ...[values, x, simd],
      );
      const factor = new KroneckerSparse(pattern, bipolarToFloats(weights));
      const inputs = bipolarToFloats(roundBipolar(x, [vectors * a, 1, c, d], vectorBits));
      const shape = { batch: vectors, layout: "batch-first" } as const;
      expect(verifyProduct(new Butterfly([factor]), inputs, y, shape, [3])).toMatchObject({
        ok: true,
      });
    }
  });

  it("of numbers that all have the largest magnitude do not overflow", () => {
    const pattern = new Pattern(1, 5, 20_000, 1);
    const values = new Float32Array(pattern.nonZeros).fill(1);
    const x = new Float32Array(pattern.cols).fill(-1);
    const problem = { pattern, vectors: 1, weightBits: 4, vectorBits: 4 } as const;
    const { y } = multiply(problem, values, x);
    // All bits differ: 15 x 15 in units of 16 x 16.
    expect([...y]).toEqual(Array(5).fill((-20_000 * 225) / 256));
  });

  it("of zeros are zeros, and NaN where an input of the block is not finite", () => {
    const pattern = new Pattern(2, 3, 40, 2);
    const values = new Float32Array(pattern.nonZeros).fill(0.5);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const x = new Float32Array(3 * pattern.cols);
      x[pattern.cols + 81] = bad; // vector 1, i = 1, l = 0, k = 1
      const problem = { pattern, vectors: 3, weightBits: 2, vectorBits: 2 } as const;
      const { y } = multiply(problem, values, x);
      const wrong = [7, 9, 11].map((row) => pattern.rows + row);
      y.forEach((value, at) => {
        expect(value).toBe(wrong.includes(at) ? Number.NaN : 0);
      });
    }
  });

  it("refuse blocks whose sums would not fit", () => {
    const pattern = new Pattern(1, 1, 2 ** 22 + 1, 1);
    expect(() => bipolarPlanes({ vectors: 1, pattern, bits: 1 })).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID" }),
    );
  });
});
