import { describe, expect, it } from "vitest";
import { truncate } from "../linear-algebra/truncate.ts";
import { Butterfly } from "../matrix/butterfly.ts";
import { ComplexButterfly } from "../matrix/complex-butterfly.ts";
import { draw, uniform } from "../numeric/random.ts";
import { verify } from "../numeric/tolerance.ts";
import { Chain } from "../pattern/chain.ts";
import { factorize } from "./factorize.ts";
import { factorizePermuted } from "./permuted.ts";
import { refine } from "./refine.ts";
import { relativeError } from "./relative-error.ts";
import { searchChains } from "./search.ts";

/** Powers of two, so that a matrix and the scaled one have the same digits. */
const SCALES = [2 ** -565, 2 ** 531, 2 ** -1000, 2 ** 1000];

const numbers = (length: number, seed: number): Float64Array =>
  draw(uniform(seed), length, 1, "float64");
const times = (values: Float64Array, scale: number): Float64Array =>
  values.map((value) => value * scale);

/** `|A - B| / |A|` of numbers of about 1. */
function distance(a: Float64Array, b: Float64Array): number {
  let [error, norm] = [0, 0];
  a.forEach((value, index) => {
    error += (value - (b[index] as number)) ** 2;
    norm += value ** 2;
  });
  return Math.sqrt(error / norm);
}

describe.each(SCALES)("a matrix of scale %d", (scale) => {
  const dense = numbers(16 * 16, 5);
  const scaled = times(dense, scale);

  it.each([
    ["Monarch", Chain.monarch(16)],
    ["dyadic", Chain.squareDyadic(16)],
    ["transposed", Chain.parse("1,4,2,4; 1,2,4,4; 2,4,2,2").transpose()],
  ])("has the error and the bounds of the same matrix of scale 1: %s", async (_, chain) => {
    const own = numbers(chain.rows * chain.cols, 5);
    const plain = await factorize(own, chain, { threads: 1 });
    const found = await factorize(times(own, scale), chain, { threads: 1 });
    expect(found.error).toBeCloseTo(plain.error, 12);
    expect(found.bounds?.lower).toBeCloseTo(plain.bounds?.lower as number, 12);
    expect(found.bounds?.upper).toBeCloseTo(plain.bounds?.upper as number, 12);
    expect(found.error).toBeGreaterThan(0.1);
    // What was found is near the scaled matrix itself.
    const product = times(found.matrix.dense(), 1 / scale);
    expect(distance(own, product)).toBeCloseTo(plain.error, 10);
    expect(await relativeError(times(own, scale), found.matrix)).toBeCloseTo(plain.error, 10);
  });

  it("is recovered where it is a butterfly", async () => {
    const butterfly = Butterfly.random(Chain.squareDyadic(16), { seed: 9, dtype: "float64" });
    const { error, bounds } = await factorize(times(butterfly.dense(), scale), butterfly.chain);
    expect(error).toBeLessThan(1e-13);
    expect(bounds?.lower).toBe(0);
    expect(bounds?.upper).toBeLessThan(1e-10);
  });

  it("is complex all the same", async () => {
    const parts = { re: dense, im: numbers(256, 6) };
    const chain = Chain.monarch(16);
    const plain = await factorize(parts, chain);
    const found = await factorize({ re: scaled, im: times(parts.im, scale) }, chain);
    expect(found.matrix).toBeInstanceOf(ComplexButterfly);
    expect(found.error).toBeCloseTo(plain.error, 12);
  });

  it("has the same front of chains", async () => {
    const options = { maxParameters: 0.75 };
    const plain = await searchChains(dense, 16, 16, options);
    const found = await searchChains(scaled, 16, 16, options);
    expect(found.front.map(({ chain }) => `${chain}`)).toEqual(
      plain.front.map(({ chain }) => `${chain}`),
    );
    found.front.forEach(({ error }, index) => {
      expect(error).toBeCloseTo(plain.front[index]?.error as number, 10);
    });
  });

  it("has the same permutations", async () => {
    const chain = Chain.squareDyadic(8);
    const own = numbers(64, 8);
    const options = { search: { trials: 50, seed: 1 } };
    const plain = await factorizePermuted(own, chain, options);
    const found = await factorizePermuted(times(own, scale), chain, options);
    expect(found.names).toEqual(plain.names);
    expect(found.matrix.left).toEqual(plain.matrix.left);
    expect(found.error).toBeCloseTo(plain.error, 12);
  });

  it.each([1, 2 ** -540, 2 ** 540])("is refined with inputs of scale %d", async (of) => {
    const chain = Chain.monarch(16);
    const inputs = times(numbers(16 * 5, 11), of);
    const start = await factorize(dense, chain);
    const plain = await refine(dense, start.matrix, { inputs: times(inputs, 1 / of), sweeps: 3 });
    const begun = await factorize(scaled, chain);
    const found = await refine(scaled, begun.matrix, { inputs, sweeps: 3 });
    expect(found.errors.length).toBe(plain.errors.length);
    found.errors.forEach((error, index) => {
      expect(error).toBeCloseTo(plain.errors[index] as number, 8);
    });
    expect(found.errors.at(-1)).toBeLessThan(found.errors[0] as number);
    const product = times(found.matrix.dense(), 1 / scale);
    expect(distance(times(plain.matrix.dense(), 1), product)).toBeLessThan(1e-6);
  });

  it("is truncated to its leading singular vector", () => {
    // u v^T of unit vectors, whose singular value is the scale.
    const [u, v] = [
      [0.6, 0, 0.8],
      [0, 0.8, -0.6, 0],
    ];
    const re = Float64Array.from({ length: 12 }, (_, index) => {
      const [row, column] = [Math.floor(index / 4), index % 4];
      return (u[row] as number) * (v[column] as number) * scale;
    });
    const { left, right, least } = truncate({ rows: 3, cols: 4, re, im: undefined }, 1);
    expect(least).toBe(0);
    const sign = Math.sign(left.re[0] as number);
    for (const [row, value] of u.entries()) {
      expect((left.re[row] as number) * sign).toBeCloseTo(value, 12);
    }
    for (const [column, value] of v.entries()) {
      expect(((right.re[column] as number) * sign) / scale).toBeCloseTo(value, 12);
    }
  });

  it("has a relative error in a verification", () => {
    const reference = Float64Array.of(3 * scale, 4 * scale);
    const actual = Float64Array.of(3 * scale, 4.5 * scale);
    const { rmsRelative } = verify(actual, reference, reference, { dtype: "f32", terms: 1 });
    expect(rmsRelative).toBeCloseTo(0.1, 12);
  });
});
