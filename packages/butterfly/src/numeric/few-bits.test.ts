import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CODE_GRIDS, FEW_BITS, type FewBits, fewBitsOf } from "./code-grids.ts";
import { dequantizeValues, quantizedBytes, quantizeValues, scalesOfRows } from "./few-bits.ts";
import { packCodes, unpackCodes } from "./few-bits-codes.ts";
import { forEachGroup, groupOf, type Sizes } from "./few-bits-groups.ts";
import { encodeHalf, fromHalf } from "./half-precision.ts";
import { uniform } from "./random.ts";

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

/** How far a value may be from what it is rounded to. */
function bound(dtype: FewBits, value: number, scale: number): number {
  const { whole, top } = CODE_GRIDS[dtype];
  // Values above the mean magnitude are clipped.
  if (dtype === "q1") return Math.max(scale, Math.abs(value) - scale) + scale * 2 ** -10;
  // The scale is rounded too, by 2^-11 of it or by half of the smallest there is.
  if (whole) return (whole.step * scale) / 2 + top * Math.max(scale * 2 ** -10, 2 ** -24);
  const [digits, least] = dtype === "f8e4m3" ? [3, 2 ** -9] : [2, 2 ** -16];
  return Math.max(2 ** -(digits + 1) * Math.abs(value), (least * scale) / 2);
}

describe("weights of few bits", () => {
  it("are named by their types, which other names and values are not", () => {
    for (const dtype of FEW_BITS) expect(fewBitsOf(dtype)).toBe(dtype);
    for (const other of ["f32", "f16", "Q8", "", "toString", undefined, 8]) {
      expect(fewBitsOf(other)).toBeUndefined();
    }
  });

  it("are those of numpy: scales, codes in their bits, and values", () => {
    expect(cases).toHaveLength(50);
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
          const { scales } = quantized;
          forEachGroup(shape, groupOf(shape), (index, visit) => {
            const scale = fromHalf(scales[index] as number);
            visit((at) => {
              const value = values[at] as number;
              const lost = Math.abs(value - (back[at] as number));
              expect(lost).toBeLessThanOrEqual(bound(dtype, value, scale));
            });
          });
          // Not of scales with fewer digits, which are not those of the largest code.
          const { whole } = CODE_GRIDS[dtype];
          if (whole && scales.some((bits) => bits > 0 && bits < 0x400)) return;
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
      ["q7", [-127, 125, 1, -1, 55, -3]],
      ["q6", [61, -63, 1, -1, 55, -3]],
      ["q5", [29, 5, 1, -1, 7, -31]],
      ["q2", [1, -1, 1, 1, 1, -1]],
      ["q1", [1, -1, 1, 1, 1, -1]],
    ] as const) {
      for (const sign of [1, -1]) {
        const values = Float32Array.from(numbers, (number) => sign * scale * number);
        const quantized = quantizeValues(values, [1, 1, 1, 6], dtype);
        const back = dequantizeValues(quantized);
        for (const [at, value] of values.entries()) expect(back[at]).toBeCloseTo(value, 12);
      }
    }
  });

  it("of floating-point codes have the smallest power of two that holds a group, and any such one is kept", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("f8e4m3" as const, "f8e5m2" as const),
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 32 }),
        fc.integer({ min: -15, max: 20 }),
        fc.integer({ min: -24, max: 15 }),
        fc.infiniteStream(fc.integer({ min: 0, max: 255 })),
        (dtype, numbers, size, exponent, stream) => {
          const { top, numbers: known } = CODE_GRIDS[dtype];
          const values = Float64Array.from(numbers, (number) => number * 2 ** size);
          const shape = [1, 1, values.length, 1] as const;
          const scale = fromHalf(quantizeValues(values, shape, dtype).scales[0] as number);
          const largest = Math.max(...values.map(Math.abs));
          if (largest === 0) expect(scale).toBe(0);
          else {
            expect(Number.isInteger(Math.log2(scale))).toBe(true);
            expect(largest).toBeLessThanOrEqual(top * scale);
            if (scale > 2 ** -24) expect(largest).toBeGreaterThan((top * scale) / 2);
          }
          const codes = Uint8Array.from(values, () => {
            const code = stream.next().value;
            return Number.isFinite(known[code]) ? code : 0;
          });
          const scales = encodeHalf([2 ** exponent]);
          const back = dequantizeValues({ dtype, shape, codes, scales });
          const again = dequantizeValues(quantizeValues(back, shape, dtype));
          expect(again.map((value) => value + 0)).toEqual(back.map((value) => value + 0)); // no -0
        },
      ),
    );
  });

  it("of one bit are signs times the scale of the smallest squared error", () => {
    const next = uniform(3);
    const values = Float64Array.from({ length: 32 }, next);
    const quantized = quantizeValues(values, [1, 1, 32, 1], "q1");
    const errorAt = (scale: number): number =>
      values.reduce((sum, value) => sum + (Math.abs(value) - scale) ** 2, 0);
    const scale = fromHalf(quantized.scales[0] as number);
    for (const other of [0.99, 1.01]) expect(errorAt(scale)).toBeLessThan(errorAt(other * scale));
    expect([...quantized.codes]).toEqual(Array.from(values, (value) => (value < 0 ? 0 : 1)));
  });

  it("have the finite number that is nearest for every code", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...FEW_BITS),
        fc.double({ min: -2, max: 2, noNaN: true }),
        (dtype, share) => {
          const { codeOf, numbers, top } = CODE_GRIDS[dtype];
          const x = share * top;
          const own = numbers[codeOf(x)] as number;
          const distances = numbers.filter(Number.isFinite).map((number) => Math.abs(x - number));
          expect(Math.abs(x - own)).toBe(Math.min(...distances));
          expect(numbers[codeOf(own)]).toBe(own);
        },
      ),
    );
  });

  it("refuse codes and scales that stand for no finite number, or are not of the type", () => {
    for (const [dtype, wrong, scale] of [
      ["f8e4m3", 0x7f, 0x3c00],
      ["f8e4m3", 0xff, 0x3c00],
      ["f8e5m2", 0x7c, 0x3c00],
      ["f8e5m2", 0xfe, 0x3c00],
      ["f8e5m2", 0, 0x3c01], // no power of two
      ["f8e5m2", 0, 0xbc00], // negative
      ["q8", 0, 0x7c00],
      ["q4", 0, 0x7e00],
      ["q4", 16, 0x3c00],
    ] as const) {
      const values = { codes: Uint8Array.of(0, wrong), scales: Uint16Array.of(scale) };
      expect(() => dequantizeValues({ dtype, shape: [1, 1, 2, 1], ...values })).toThrow(
        code("VALUE_RANGE"),
      );
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
