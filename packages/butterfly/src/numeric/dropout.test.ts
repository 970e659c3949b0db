import { expect, it } from "vitest";
import { dropoutKeeps, dropoutThreshold } from "./dropout.ts";

const COUNT = 20_000;

/** Numbers of 0 and 1. */
function kept(rate: number, stream: number, seed: number): number[] {
  const keeps = dropoutKeeps({ rate, stream }, seed);
  return Array.from({ length: COUNT }, (_, index) => (keeps(index) ? 1 : 0));
}

const mean = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b) / COUNT;
/** Six standard deviations of the mean of so many draws. */
const FAR = 6 * Math.sqrt(0.25 / COUNT);

it.each([0, 0.1, 0.5, 0.9])("drops a share of %f", (rate) => {
  for (const seed of [0, 1, 2 ** 32 - 1]) {
    expect(Math.abs(mean(kept(rate, 3, seed)) - (1 - rate))).toBeLessThanOrEqual(rate * FAR * 2);
  }
});

it("draws neighbours, steps and layers independently", () => {
  const half = kept(0.5, 0, 7);
  const others = [
    kept(0.5, 0, 8),
    kept(0.5, 1, 7),
    [...half.slice(1), 0],
    [...half.slice(64), ...half.slice(0, 64)],
  ];
  for (const other of others) {
    const both = mean(half.map((one, at) => one * (other[at] as number)));
    expect(Math.abs(both - 0.25)).toBeLessThanOrEqual(FAR);
  }
});

it("refuses what is no rate", () => {
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  for (const rate of [1, -0.1, Number.NaN, "0.5" as never]) {
    expect(() => dropoutThreshold(rate)).toThrow(refused);
  }
});
