import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CODE_GRIDS, FEW_BITS, type FewBits } from "../numeric/code-grids.ts";
import { dequantizeValues, quantizeValues } from "../numeric/few-bits.ts";
import { groupOf, groupsOf, type Sizes } from "../numeric/few-bits-groups.ts";
import { encodeHalf } from "../numeric/half-precision.ts";
import { uniform } from "../numeric/random.ts";
import { roundToScales, valueScales } from "./round-to-scales.ts";

const code = (name: string): unknown => expect.objectContaining({ code: name });
const size = fc.integer({ min: 1, max: 5 });
const shapes: fc.Arbitrary<Sizes> = fc.tuple(size, size, fc.integer({ min: 1, max: 40 }), size);

/** Values of a shape, and scales that its groups have: of either sign, unless they are powers of two. */
function drawn(
  shape: Sizes,
  seed: number,
  dtype: FewBits,
): { values: Float64Array; scales: Uint16Array<ArrayBuffer> } {
  const next = uniform(seed);
  const count = shape.reduce((product, one) => product * one, 1);
  return {
    values: Float64Array.from({ length: count }, () => 3 * next()),
    scales: encodeHalf(
      Float32Array.from({ length: groupsOf(shape, groupOf(shape)) }, () =>
        CODE_GRIDS[dtype].scaleNear(next()),
      ),
    ),
  };
}

describe.each(FEW_BITS)("values of %s rounded to given scales", (dtype) => {
  it("are the nearest there are, and quantizeValues keeps them", () => {
    fc.assert(
      fc.property(shapes, fc.nat(), (shape, seed) => {
        const { values, scales: halves } = drawn(shape, seed, dtype);
        const codes = new Uint8Array(values.length);
        const scales = valueScales({ dtype, shape, codes, scales: halves });
        const rounded = roundToScales(values, scales, dtype);
        const numbers = CODE_GRIDS[dtype].numbers.filter(Number.isFinite);
        const farther = values.filter((value, at) => {
          let nearest = Number.POSITIVE_INFINITY;
          for (const number of numbers) {
            nearest = Math.min(nearest, Math.abs(value - (scales[at] as number) * number));
          }
          const own = Math.abs(value - (rounded[at] as number));
          return own > nearest + 4 * Number.EPSILON * Math.abs(value);
        });
        expect(farther).toHaveLength(0);
        const kept = dequantizeValues(quantizeValues(rounded, shape, dtype));
        // A scale of negative sign has a zero of its own.
        expect(kept.map((value) => value + 0)).toEqual(rounded);
      }),
      { numRuns: 30 },
    );
  });

  it("stay where they are", () => {
    const shape = [2, 3, 20, 2] as const;
    const { values } = drawn(shape, 1, dtype);
    const quantized = quantizeValues(values, shape, dtype);
    const exact = dequantizeValues(quantized);
    expect(roundToScales(exact, valueScales(quantized), dtype)).toEqual(exact);
  });
});

it("gives 0 for a scale of 0, and refuses scales of another number of values", () => {
  const values = Float32Array.of(1, -1);
  expect([...roundToScales(values, new Float32Array(2), "q2")]).toEqual([0, 0]);
  expect(() => roundToScales(values, new Float32Array(3), "q4")).toThrow(code("VALUES_LENGTH"));
});
