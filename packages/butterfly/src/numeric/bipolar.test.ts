import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BIPOLAR_BITS, bipolarToFloats, roundBipolar } from "./bipolar.ts";
import { uniform } from "./random.ts";

const code = (name: string): unknown => expect.objectContaining({ code: name });

describe("bipolar numbers", () => {
  it("are odd, and off by at most the scale of their row", () => {
    const size = fc.integer({ min: 1, max: 6 });
    fc.assert(
      fc.property(
        fc.tuple(size, size, fc.integer({ min: 1, max: 40 }), size),
        fc.constantFrom(...BIPOLAR_BITS),
        fc.nat(),
        (shape, bits, seed) => {
          const [a, b, c, d] = shape;
          const values = Float32Array.from({ length: a * b * c * d }, uniform(seed));
          const rounded = roundBipolar(values, shape, bits);
          expect(rounded.scales).toHaveLength(a * b * d);
          const back = bipolarToFloats(rounded);
          for (let at = 0; at < values.length; at++) {
            const number = rounded.numbers[at] as number;
            expect(Math.abs(number % 2)).toBe(1);
            expect(Math.abs(number)).toBeLessThan(2 ** bits);
            const scale = rounded.scales[Math.floor(at / (c * d)) * d + (at % d)] as number;
            const error = Math.abs((back[at] as number) - (values[at] as number));
            // What is left after each bit is rounded to float32.
            expect(error).toBeLessThanOrEqual(scale * (1 + bits * 2 ** -20));
          }
        },
      ),
    );
  });

  it("of a row are what its scale makes of them", () => {
    const values = Float32Array.of(-8, -5, -1, 0, 1, 3, 4, 8);
    const rounded = roundBipolar(values, [1, 1, 8, 1], 2);
    expect([...rounded.scales]).toEqual([2]);
    expect([...rounded.numbers]).toEqual([-3, -3, -1, 1, 1, 1, 3, 3]);
    expect([...roundBipolar(values, [1, 1, 8, 1], 1).scales]).toEqual([4]);
    expect([...bipolarToFloats(roundBipolar(new Float32Array(2), [1, 2, 1, 1], 4))]).toEqual([
      0, 0,
    ]);
  });

  it("are made of finite values, of which the shape tells the number", () => {
    expect(() => roundBipolar(Float32Array.of(1, Number.NaN), [1, 1, 2, 1], 1)).toThrow(
      code("VALUE_RANGE"),
    );
    expect(() => roundBipolar(Float64Array.of(1e39), [1, 1, 1, 1], 1)).toThrow(code("VALUE_RANGE"));
    expect(() => roundBipolar(new Float32Array(3), [1, 1, 2, 1], 1)).toThrow(code("VALUES_LENGTH"));
    expect(() => roundBipolar(new Float32Array(2), [1, 1, 2, 1], 5 as 4)).toThrow(
      code("OPTION_INVALID"),
    );
    const rounded = roundBipolar(new Float32Array(2), [1, 1, 2, 1], 1);
    expect(() => bipolarToFloats({ ...rounded, scales: new Float32Array(2) })).toThrow(
      code("VALUES_LENGTH"),
    );
  });
});
