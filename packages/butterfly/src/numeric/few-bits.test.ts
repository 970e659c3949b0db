import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  CODE_GRIDS,
  dequantizeValues,
  FEW_BITS,
  type FewBits,
  packCodes,
  quantizedBytes,
  quantizeValues,
  scalesOfRows,
  unpackCodes,
} from "./few-bits.ts";
import { groupOf, type Sizes } from "./few-bits-groups.ts";
import { fromHalf } from "./half-precision.ts";

interface NumpyCase {
  readonly dtype: FewBits;
  readonly shape: Sizes;
  readonly values: readonly number[];
  readonly scales: readonly number[];
  readonly bytes: readonly number[];
  readonly back: readonly number[];
}

const cases: NumpyCase[] = JSON.parse(
  readFileSync(new URL("./testing/few-bits.json", import.meta.url), "utf8"),
);
const code = (name: string): unknown => expect.objectContaining({ code: name });

describe("weights of few bits", () => {
  it("are those of numpy: scales, codes in their bits, and values", () => {
    expect(cases).toHaveLength(20);
    for (const { dtype, shape, values, scales, bytes, back } of cases) {
      const quantized = quantizeValues(Float32Array.from(values), shape, dtype);
      expect([...quantized.scales]).toEqual(scales);
      const packed = packCodes(quantized.codes, dtype);
      expect([...packed]).toEqual(bytes);
      expect(unpackCodes(packed, dtype, values.length)).toEqual(quantized.codes);
      expect(dequantizeValues(quantized)).toEqual(Float32Array.from(back));
      expect(quantizedBytes(shape, dtype)).toBe(bytes.length + 2 * scales.length);
    }
  });

  it.each([
    [
      [1, 768, 2304, 1],
      [1, 1, 32, 1],
    ],
    [
      [2, 48, 20, 4],
      [1, 1, 20, 1],
    ],
    [
      [4, 48, 8, 4],
      [1, 4, 8, 1],
    ],
    [
      [512, 2, 2, 1],
      [8, 2, 2, 1],
    ],
    [
      [1, 2, 2, 512],
      [1, 2, 2, 8],
    ],
    [
      [1, 2, 2, 2],
      [1, 2, 2, 2],
    ],
    [
      [3, 1, 15, 9],
      [1, 1, 15, 2],
    ],
  ] as const)("of the shape %j share a scale in groups of %j", (shape, group) => {
    expect(groupOf(shape)).toEqual(group);
  });

  it("are within half a step, and rounded again stay what they are", () => {
    const size = fc.integer({ min: 1, max: 5 });
    const row = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(
        fc.tuple(size, size, row, size),
        fc.constantFrom(...FEW_BITS),
        fc.float({ min: Math.fround(1e-3), max: 100, noNaN: true }),
        fc.infiniteStream(fc.float({ min: -1, max: 1, noNaN: true })),
        (shape, dtype, largest, stream) => {
          const count = shape.reduce((product, one) => product * one, 1);
          const values = Float32Array.from({ length: count }, () => largest * stream.next().value);
          const quantized = quantizeValues(values, shape, dtype);
          const back = dequantizeValues(quantized);
          const { step, top } = CODE_GRIDS[dtype];
          const scale = Math.max(...[...quantized.scales].map(fromHalf));
          // The scale is rounded too, by 2^-11 of it or by half of the smallest there is.
          const slack = top * Math.max(scale * 2 ** -10, 2 ** -24);
          for (const [at, value] of values.entries()) {
            expect(Math.abs(value - (back[at] as number))).toBeLessThanOrEqual(
              (step * scale) / 2 + slack,
            );
          }
          // Not of scales with fewer digits, which are not those of the largest code.
          if (quantized.scales.some((bits) => bits > 0 && fromHalf(bits) < 2 ** -14)) return;
          expect(dequantizeValues(quantizeValues(back, shape, dtype))).toEqual(back);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("have the scales of each row, those of rows that share one repeated", () => {
    const size = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });
    fc.assert(
      fc.property(fc.tuple(size(5), size(5), size(70), size(5)), (shape) => {
        const [a, b, c, d] = shape;
        const values = Float32Array.from({ length: a * b * c * d }, (_, at) => Math.sin(at));
        const quantized = quantizeValues(values, shape, "q4");
        const [back, scales] = [dequantizeValues(quantized), scalesOfRows(quantized)];
        const parts = Math.ceil(c / 32);
        expect(scales).toHaveLength(a * b * parts * d);
        for (const [at, code] of quantized.codes.entries()) {
          const [row, l, k] = [Math.floor(at / (c * d)), Math.floor(at / d) % c, at % d];
          const bits = scales[(row * parts + Math.floor(l / 32)) * d + k] as number;
          expect(back[at]).toBe((code - 8) * fromHalf(bits));
        }
      }),
      { numRuns: 30 },
    );
  });

  it("keep exactly what stands on the grid of some scale, of either sign", () => {
    const scale = 1.375 * 2 ** -6; // no seventh or eighth of a number that follows is a half
    for (const [dtype, numbers] of [
      ["q4", [-8, 3, 7, 1, 0, -5]],
      ["q4", [5, -3, 1, 0, 2, 4]],
      ["q8", [-128, 127, 3, 0, 55, -1]],
      ["q8", [101, -99, 3, 0, 55, -1]],
      ["q3", [5, -3, 1, -1, 3, 1]],
      ["q2", [1, -1, 1, 1, 1, -1]],
    ] as const) {
      for (const sign of [1, -1]) {
        const values = Float32Array.from(numbers, (number) => sign * scale * number);
        const quantized = quantizeValues(values, [1, 1, 1, 6], dtype);
        const back = dequantizeValues(quantized);
        for (const [at, value] of values.entries()) expect(back[at]).toBeCloseTo(value, 12);
      }
    }
  });

  it("of magnitudes that half precision has no scale for are refused", () => {
    const shape = [1, 1, 2, 1] as const;
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 65520 * 7]) {
      const values = Float64Array.of(1, value);
      expect(() => quantizeValues(values, shape, "q4")).toThrow(code("VALUE_RANGE"));
    }
    expect(() => quantizeValues(new Float32Array(3), shape, "q4")).toThrow(code("VALUES_LENGTH"));
    expect(() => unpackCodes(new Uint8Array(1), "q4", 3)).toThrow(code("VALUES_LENGTH"));
    // So small that the scale would be zero: the smallest there is.
    const tiny = quantizeValues(Float64Array.of(1e-9, 0), shape, "q8");
    expect([...tiny.scales]).toEqual([1]);
    expect(quantizeValues(new Float32Array(2), shape, "q8").codes).toEqual(Uint8Array.of(128, 128));
  });
});
