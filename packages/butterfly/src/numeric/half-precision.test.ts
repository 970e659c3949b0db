import { getFloat16, setFloat16 } from "@petamoriken/float16";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  decodeHalf,
  encodeHalf,
  fromBfloat16,
  fromHalf,
  toBfloat16,
  toHalf,
} from "./half-precision.ts";

const view = new DataView(new ArrayBuffer(2));

/** All words of 16 bits. */
const WORDS = Array.from({ length: 2 ** 16 }, (_, word) => word);

describe("binary16", () => {
  it("is what another implementation reads, for every word", () => {
    const differing = WORDS.filter((word) => {
      view.setUint16(0, word);
      return !Object.is(fromHalf(word), getFloat16(view, 0));
    });
    expect(differing).toEqual([]);
  });

  it("comes back from its number, for every word", () => {
    const differing = WORDS.filter((word) => toHalf(fromHalf(word)) !== word);
    // Of NaNs, one is left.
    expect(differing.every((word) => Number.isNaN(fromHalf(word)))).toBe(true);
    expect(toHalf(Number.NaN)).toBe(0x7e00);
  });

  it("is rounded once, as another implementation rounds", () => {
    const scaled = fc
      .tuple(fc.double({ min: -2, max: 2, noNaN: true }), fc.integer({ min: -30, max: 17 }))
      .map(([value, exponent]) => value * 2 ** exponent);
    // Half way between neighbours, or a little aside: where a second rounding would show.
    const between = fc
      .tuple(fc.nat(0x7bfe), fc.constantFrom(0, 2 ** -50, -(2 ** -50)))
      .map(([word, aside]) => ((fromHalf(word) + fromHalf(word + 1)) / 2) * (1 + aside));
    fc.assert(
      fc.property(fc.oneof(scaled, between, fc.double()), (value) => {
        setFloat16(view, 0, value);
        expect(toHalf(value)).toBe(view.getUint16(0));
      }),
      { numRuns: 2000 },
    );
  });
});

describe.each(["by the engine", "without Float16Array"])("an array, %s", (by) => {
  afterEach(() => void vi.unstubAllGlobals());
  const prepare = (): void => {
    if (by !== "by the engine") vi.stubGlobal("Float16Array", undefined);
  };

  it("of halves is read and written as each word is", () => {
    prepare();
    const bits = Uint16Array.from(WORDS);
    const numbers = decodeHalf(bits);
    expect(WORDS.filter((word) => !Object.is(numbers[word], fromHalf(word)))).toEqual([]);
    const written = encodeHalf(numbers);
    const differing = WORDS.filter((word) => written[word] !== word);
    expect(differing.every((word) => Number.isNaN(fromHalf(word)))).toBe(true);
  });

  it("is rounded as another implementation rounds, into a view of a buffer", () => {
    prepare();
    // Ties, a tie's neighbours, the largest number, what overflows, the smallest, and half of it.
    const values = [1 + 2 ** -11, 1 + 3 * 2 ** -11, 1 + 2 ** -11 + 2 ** -30, 65504, 65520, -65520];
    const numbers = Float64Array.of(...values, 2 ** -24, 2 ** -25, -(2 ** -25), 1.5 * 2 ** -25);
    const bits = new Uint16Array(new ArrayBuffer(2 * numbers.length + 4), 2, numbers.length);
    expect(encodeHalf(numbers, bits)).toBe(bits);
    const expected = Array.from(numbers, (value) => {
      setFloat16(view, 0, value);
      return view.getUint16(0);
    });
    expect([...bits]).toEqual(expected);
    expect([...new Uint16Array(bits.buffer)].at(0)).toBe(0);
  });
});

describe("bfloat16", () => {
  it("comes back from its number, for every word", () => {
    const differing = WORDS.filter((word) => toBfloat16(fromBfloat16(word)) !== word);
    expect(differing.every((word) => Number.isNaN(fromBfloat16(word)))).toBe(true);
  });
});
