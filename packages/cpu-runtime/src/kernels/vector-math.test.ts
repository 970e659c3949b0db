import { beforeAll, describe, expect, it } from "vitest";
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
    for (const name of ["sweepExp", "sweepExp2"]) {
      expect([...sweepOf(name)(odd)]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
    }
  });
});
