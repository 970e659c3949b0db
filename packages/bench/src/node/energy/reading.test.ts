import { uniform } from "@papilio/butterfly/numeric";
import { describe, expect, it } from "vitest";
import { meanPower } from "./nvidia-smi/mean-power.ts";
import type { PowerSample } from "./nvidia-smi/power-sampler.ts";
import { standardDeviation, toReading } from "./reading.ts";

const exact = { deviation: 0, bound: 0 };

describe("readings", () => {
  it("give one multiplication its share of the energy above idle", () => {
    const reading = toReading(
      { watts: 400, ...exact },
      { watts: 60, ...exact },
      { seconds: 2, runs: 100 },
    );
    expect(reading).toEqual({
      joules: 6.8,
      lower: 6.8,
      upper: 6.8,
      watts: 400,
      seconds: 2,
      runs: 100,
    });
  });

  it("add resolutions to twice the deviation of the difference", () => {
    const reading = toReading(
      { watts: 50, deviation: 3, bound: 1 },
      { watts: 10, deviation: 4, bound: 2 },
      { seconds: 1, runs: 2 },
    );
    expect(reading).toMatchObject({ joules: 20, lower: 20 - 6.5, upper: 20 + 6.5 });
  });

  it("are less than nothing where idle was busier", () => {
    const { joules } = toReading(
      { watts: 9, ...exact },
      { watts: 10, ...exact },
      { seconds: 1, runs: 1 },
    );
    expect(joules).toBe(-1);
  });
});

describe("standard deviations", () => {
  it("divide by one less than the count", () => {
    expect(standardDeviation([1, 3])).toBeCloseTo(Math.SQRT2, 12);
    expect(standardDeviation([5])).toBe(0);
    expect(standardDeviation([])).toBe(0);
  });
});

describe("mean power", () => {
  const at = (...powers: readonly [seconds: number, watts: number][]): PowerSample[] =>
    powers.map(([seconds, watts]) => ({ seconds, watts }));

  it("is the integral by trapezoids, however far apart the samples are", () => {
    expect(meanPower(at([0, 100], [1, 100]), 0).watts).toBe(100);
    expect(meanPower(at([10, 0], [11, 100], [14, 400]), 0).watts).toBe(200);
    expect(meanPower(at([0, 100], [1, 300], [3, 300], [4, 100]), 0).watts).toBe(250);
  });

  it("counts values that were printed twice once", () => {
    const once = at([0, 1], [2, 3], [4, 1], [6, 3]);
    const twice = once.flatMap(({ seconds, watts }) => at([seconds, watts], [seconds + 1, watts]));
    // The sums of squares are twice the same, divided by 3 and by 7.
    expect(meanPower(twice, 0).deviation).toBeCloseTo(
      meanPower(once, 0).deviation * Math.sqrt((2 * 3) / 7),
      12,
    );
  });

  it("counts a value that is a mean once in the time of the mean", () => {
    const samples = Array.from({ length: 41 }, (_, index) => ({
      seconds: index / 10,
      watts: index % 2,
    }));
    const instant = meanPower(samples, 0).deviation;
    expect(meanPower(samples, 1).deviation).toBeCloseTo(instant * Math.sqrt(41 / 4), 12);
    expect(meanPower(samples, 100).deviation).toBeCloseTo(instant * Math.sqrt(41), 12);
  });

  it("has an interval that holds the true energy of noisy samples in nearly all runs", () => {
    let held = 0;
    const trials = 400;
    for (let seed = 1; seed <= trials; seed++) {
      const next = uniform(seed);
      const noisy = (watts: number, spread: number): PowerSample[] =>
        Array.from({ length: 41 }, (_, index) => ({
          seconds: index * 0.05,
          watts: Math.round(100 * (watts + spread * next())) / 100,
        }));
      const idle = meanPower(noisy(60, 1), 0);
      const run = meanPower(noisy(400, 30), 0);
      const { lower, upper } = toReading(run, idle, { seconds: 2, runs: 1 });
      if (lower <= 680 && 680 <= upper) held++;
    }
    expect(held / trials).toBeGreaterThan(0.92);
  });
});
