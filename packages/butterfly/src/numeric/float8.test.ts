import { expect, it } from "vitest";
import { fromE4m3, fromE5m2, toE4m3, toE5m2 } from "./float8.ts";

/** What a code stands for, by the formula of arXiv 2209.05433, table 1. */
function meaning(code: number, exponentBits: number, bias: number): number {
  const digits = code.toString(2).padStart(8, "0");
  const exponent = Number.parseInt(digits.slice(1, 1 + exponentBits), 2);
  const fraction = Number.parseInt(digits.slice(1 + exponentBits), 2) / 2 ** (7 - exponentBits);
  const sign = digits.startsWith("1") ? -1 : 1;
  return exponent === 0
    ? sign * fraction * 2 ** (1 - bias)
    : sign * (1 + fraction) * 2 ** (exponent - bias);
}

it.each([
  ["E4M3", fromE4m3, toE4m3, 4, 7, 0x7e],
  ["E5M2", fromE5m2, toE5m2, 5, 15, 0x7b],
] as const)(
  "all codes of %s stand for their numbers, and numbers become the nearest",
  (_, from, to, bits, bias, largest) => {
    for (let code = 0; code < 256; code++) {
      const magnitude = code & 0x7f;
      if (magnitude > largest) continue;
      const value = from(code);
      expect(value).toBe(meaning(code, bits, bias));
      expect(to(value)).toBe(code);
      if (magnitude === largest) continue;
      // Between it and the next: just under the middle, the middle, which goes to the even code, just above it.
      const next = meaning(code + 1, bits, bias);
      const middle = (value + next) / 2;
      const step = (next - value) * 2 ** -30;
      expect(to(middle - step)).toBe(code);
      expect(to(middle)).toBe(code % 2 === 0 ? code : code + 1);
      expect(to(middle + step)).toBe(code + 1);
    }
  },
);

it("what is not finite, and what is too large", () => {
  expect([fromE4m3(0x7f), fromE4m3(0xff)]).toEqual([Number.NaN, Number.NaN]);
  expect([0x7d, 0x7e, 0x7f, 0xfd, 0xfe, 0xff].map(fromE5m2)).toEqual(Array(6).fill(Number.NaN));
  expect([fromE5m2(0x7c), fromE5m2(0xfc)]).toEqual([Infinity, -Infinity]);
  expect([464, 464.0001, -500, Infinity, Number.NaN].map(toE4m3)).toEqual([
    0x7e, 0x7f, 0xff, 0x7f, 0x7f,
  ]);
  expect([61439, 61440, -Infinity, Number.NaN].map(toE5m2)).toEqual([0x7b, 0x7c, 0xfc, 0x7e]);
});
