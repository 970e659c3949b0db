import { beforeAll, describe, expect, it } from "vitest";
import { normalDistribution } from "../testing/normal-distribution.ts";
import { BOTH_SIMDS } from "../testing/run-kernel.ts";
import { compileSweeps, everyFloat, largestError, type Sweep } from "../testing/vector-math.ts";

/** A prime: of all fractions some, whatever the exponent. */
const STEP = 3989;

describe.each(BOTH_SIMDS)("with %s SIMD", (simd) => {
  let sweeps: Readonly<Record<string, Sweep>>;
  const sweepOf = (name: string): Sweep => sweeps[name] as Sweep;
  beforeAll(async () => {
    sweeps = await compileSweeps(simd);
  }, 60_000);

  it("exp is within 1.5 ulp where the result is neither tiny nor infinite", () => {
    for (const numbers of [everyFloat(1e-30, 88.72283, STEP), everyFloat(-1e-30, -86.6, STEP)]) {
      expect(largestError(sweepOf("sweepExp"), Math.exp, numbers).ulp).toBeLessThan(1.5);
    }
  });

  it("exp2 is within 1.5 ulp where the result is not tiny", () => {
    const exact = (x: number): number => 2 ** x;
    for (const numbers of [everyFloat(1e-30, 127, STEP), everyFloat(-1e-30, -126, STEP)]) {
      expect(largestError(sweepOf("sweepExp2"), exact, numbers).ulp).toBeLessThan(1.5);
    }
  });

  it("expm1 is within 1.5 ulp, and tanh within 3", () => {
    const negative = everyFloat(-1e-30, -120, STEP);
    expect(largestError(sweepOf("sweepExpm1"), Math.expm1, negative).ulp).toBeLessThan(1.5);
    for (const numbers of [negative, everyFloat(1e-30, 120, STEP)]) {
      expect(largestError(sweepOf("sweepTanh"), Math.tanh, numbers).ulp).toBeLessThan(3);
      expect(sweepOf("sweepTanh")(numbers).every((y) => Math.abs(y) <= 1)).toBe(true);
    }
  });

  it("the logistic function is within 2.5 ulp where the result is not tiny", () => {
    const exact = (x: number): number => 1 / (1 + Math.exp(-x));
    for (const numbers of [everyFloat(1e-30, 120, STEP), everyFloat(-1e-30, -86.6, STEP)]) {
      expect(largestError(sweepOf("sweepSigmoid"), exact, numbers).ulp).toBeLessThan(2.5);
    }
  });

  it("the normal distribution is within four units in the last place of 1/2, and 0 or 1 far out", () => {
    const sweep = sweepOf("sweepNormalDistribution");
    for (const sign of [1, -1]) {
      const numbers = everyFloat(sign * 1e-30, sign * 6, STEP);
      const results = sweep(numbers);
      const errors = results.map((y, at) =>
        Math.abs(y - normalDistribution(numbers[at] as number)),
      );
      expect(errors.reduce((largest, error) => Math.max(largest, error))).toBeLessThan(
        4.5 * 2 ** -24,
      );
      const far = sweep(everyFloat(sign * 6, sign * 3e38, STEP));
      expect(far.every((y) => y === (sign > 0 ? 1 : 0))).toBe(true);
    }
  });

  it("log is within 1.5 ulp of normal numbers, and NaN of NaN", () => {
    const log = sweepOf("sweepLog");
    // Most closely about 1, where the result is small.
    for (const numbers of [everyFloat(2 ** -126, 3.4e38, STEP), everyFloat(0.5, 2, 41)]) {
      expect(largestError(log, Math.log, numbers).ulp).toBeLessThan(1.5);
    }
    expect([...log(Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, 1, 1))]).toEqual([
      Number.NaN,
      Number.NaN,
      0,
      0,
    ]);
  });

  it("the functions of infinities are their limits", () => {
    const limit = Number.POSITIVE_INFINITY;
    const infinities = Float32Array.of(-limit, -1e30, 1e30, limit);

    expect([...sweepOf("sweepExpm1")(infinities)].slice(0, 2)).toEqual([-1, -1]);
    expect([...sweepOf("sweepTanh")(infinities)]).toEqual([-1, -1, 1, 1]);
    expect([...sweepOf("sweepSigmoid")(infinities)]).toEqual([0, 0, 1, 1]);
    expect([...sweepOf("sweepNormalDistribution")(infinities)]).toEqual([0, 0, 1, 1]);
  });

  it("exp and exp2 of what is beyond are 0, infinite, or NaN", () => {
    const { NaN: nan, POSITIVE_INFINITY: infinity, MAX_VALUE: most } = Number;
    const beyond = Float32Array.of(-infinity, -most, -104, -150, infinity, most, 88.73, nan);
    const results = [0, 0, 0, 0, infinity, infinity, infinity, nan];
    expect([...sweepOf("sweepExp")(beyond)]).toEqual(results);
    const low = Float32Array.of(-infinity, -most, -150, nan);
    expect([...sweepOf("sweepExp2")(low)]).toEqual([0, 0, 0, nan]);
  });

  it("exp and exp2 of results below the normal numbers are within the smallest of those", () => {
    const tiny = everyFloat(-86.6, -110, 31);
    const off = sweepOf("sweepExp")(tiny).map((y, at) =>
      Math.abs(y - Math.exp(tiny[at] as number)),
    );
    expect(Math.max(...off)).toBeLessThan(2 ** -125);
    const tinier = everyFloat(-126, -150, 31);
    const off2 = sweepOf("sweepExp2")(tinier).map((y, at) =>
      Math.abs(y - 2 ** (tinier[at] as number)),
    );
    expect(Math.max(...off2)).toBeLessThan(2 ** -126);
  });

  it("NaN with any bits stays NaN", () => {
    const odd = new Float32Array(Int32Array.of(0x7fc00001, 0x7fffffff, -1, 0x7fc00080).buffer);
    for (const name of Object.keys(sweeps)) {
      expect([...sweepOf(name)(odd)]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
    }
  });
});
