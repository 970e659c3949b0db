import { Butterfly, KroneckerSparse, Pattern } from "@papilio/butterfly";
import { UNSHARED } from "@papilio/butterfly/matrix";
import {
  CODE_GRIDS,
  dequantizeValues,
  FEW_BITS,
  type FewBits,
  quantizeValues,
  uniform,
} from "@papilio/butterfly/numeric";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectSame } from "../testing/expect-within.ts";
import { packWeights } from "../testing/pack-weights.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { verifyProduct } from "../testing/verify-product.ts";
import { roundValues } from "./few-bits.ts";
import { gatherVectors } from "./gather-vectors.ts";
import { pack } from "./pack.ts";
import { bitsOf, layOutWeights } from "./packed-weights.ts";
import { product } from "./product.ts";

/** All finite numbers of a type, again and again, times a scale that is the row's own: of some it is subnormal. */
function everyNumber(dtype: FewBits, rows: number, columns: number): Float32Array {
  const numbers = CODE_GRIDS[dtype].numbers.filter(Number.isFinite);
  const scales = [0.03125, 2 ** -17, 1];
  return Float32Array.from({ length: rows * columns }, (_, at) => {
    const number = numbers[(at * 37) % numbers.length] as number;
    return number * (scales[Math.floor(at / columns) % scales.length] as number);
  });
}

describe.each(FEW_BITS)("weights in %s", (dtype) => {
  it.each(BOTH_SIMDS)("are those of every code, exactly (%s)", (simd) => {
    const columns = 300;
    for (const rows of [1, 2, 4, 6, 23]) {
      const pattern = new Pattern(1, rows, columns, 1);
      const values = everyNumber(dtype, rows, columns);
      const rounded = quantizeValues(values, [1, rows, columns, 1], dtype);
      const stored = dequantizeValues(rounded);
      const weights = layOutWeights(pattern, [{ pattern, sharing: UNSHARED }], dtype);
      const { packed } = packWeights(weights, [values], { simd });
      // As they are read from a file of the type.
      expect(packWeights(weights, [stored], { simd }).packed).toEqual(packed);
      const indices = Uint32Array.from({ length: rows }, (_, row) => row);
      const gather = gatherVectors({ vectors: rows, features: columns, rows, source: weights });
      expectSame(runKernel(gather, { source: packed, indices }, { simd }).y, stored);
      // Vectors that each take one input.
      const x = Float32Array.from({ length: columns * columns }, (_, at) =>
        at % (columns + 1) === 0 ? 1 : 0,
      );
      const call = product({ vectors: columns, weights });
      const { y } = runKernel(call, { x, weights: packed }, { simd });
      const transposed = stored.map(
        (_, at) => stored[(at % rows) * columns + Math.floor(at / rows)] as number,
      );
      expect(y?.map((number) => number + 0)).toEqual(transposed.map((number) => number + 0));
    }
  });

  it("take as many bits as their codes have, and 16 for a scale of 32", () => {
    for (const columns of [1, 8, 31, 40, 64, 770]) {
      const pattern = new Pattern(3, 7, columns, 2);
      const { bytes } = layOutWeights(pattern, [{ pattern, sharing: UNSHARED }], dtype);
      const row = bitsOf(dtype) * Math.ceil(columns / 8) + 2 * Math.ceil(columns / 32);
      expect(bytes).toBe(4 * Math.ceil((42 * row) / 4));
    }
  });

  it("are packed some rows at a time as all of them at once are", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(new Pattern(3, 16, 1200, 1), new Pattern(2, 23, 35, 3)),
        fc.integer({ min: 1, max: 50 }),
        (pattern, most) => {
          const { a, b, c, d } = pattern;
          const weights = layOutWeights(pattern, [{ pattern, sharing: UNSHARED }], dtype);
          const values = Float32Array.from({ length: pattern.nonZeros }, uniform(most));
          const all = packWeights(weights, [values], { order: "backwards" }).packed;
          const { codes, scales } = roundValues(values, [a, b, c, d], dtype);
          let packed = new Float32Array(all.length).fill(Number.NaN);
          const scalesOfRow = Math.ceil(c / 32) * d;
          for (let firstRow = 0; firstRow < a * b; firstRow += most) {
            const rows = Math.min(most, a * b - firstRow);
            const own = new Uint16Array(2 * Math.ceil((rows * scalesOfRow) / 2));
            own.set(scales.subarray(firstRow * scalesOfRow, (firstRow + rows) * scalesOfRow));
            const operands = {
              values: codes.subarray(firstRow * c * d, (firstRow + rows) * c * d),
              ...{ weights: packed, scales: own },
            };
            const call = pack({ weights, stage: 0, firstRow, rows });
            packed = runKernel(call, operands).weights as Float32Array<ArrayBuffer>;
          }
          // A word may be longer than the last codes.
          const bytes = weights.stages[0]?.numbers;
          expect(new Uint8Array(packed.buffer, 0, bytes)).toEqual(
            new Uint8Array(all.buffer, 0, bytes),
          );
        },
      ),
      { numRuns: 6 },
    );
  });
});

it.each([
  ["q4", -8],
  ["q8", -128],
] as const)("products by %s read all codes, and scales of either sign", (dtype, least) => {
  for (const [text, vectors] of [
    ["2,7,40,3", 5],
    ["1,4,33,1", 20],
  ] as const) {
    const pattern = Pattern.parse(text);
    const { a, b, c, d } = pattern;
    // Every group has the least number, every other row by a negative scale.
    const values = Float32Array.from({ length: pattern.nonZeros }, (_, at) => {
      const [row, l] = [Math.floor(at / (c * d)), Math.floor(at / d) % c];
      const number = l % 32 === 0 ? least : ((at * 37) % (-2 * least)) + least;
      return (row % 2 === 0 ? 0.03125 : -0.03125) * number;
    });
    const { scales } = quantizeValues(values, [a, b, c, d], dtype);
    expect(scales.some((bits) => bits >= 0x8000)).toBe(true);
    const weights = layOutWeights(pattern, [{ pattern, sharing: UNSHARED }], dtype);
    const { packed } = packWeights(weights, [values]);
    const x = Float32Array.from({ length: vectors * pattern.cols }, uniform(7));
    const { y } = runKernel(product({ vectors, weights }), { x, weights: packed });
    const exact = new Butterfly([new KroneckerSparse(pattern, values)]);
    const shape = { batch: vectors, layout: "batch-first" } as const;
    expect(verifyProduct(exact, x, y as Float32Array, shape, [c])).toMatchObject({ ok: true });
  }
});
