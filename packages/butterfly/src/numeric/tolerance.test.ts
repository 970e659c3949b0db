import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FLOAT_FORMATS, type StorageDtype } from "./dtype.ts";
import { draw, uniform } from "./random.ts";
import { errorBound, verify } from "./tolerance.ts";

type Round = (value: number) => number;

/** Rounds to so many significant bits in one direction, as WGSL allows a device to do. */
const roundTo =
  (bits: number, direction: Round): Round =>
  (value) => {
    if (value === 0) return 0;
    const unit = 2 ** (Math.floor(Math.log2(Math.abs(value))) + 1 - bits);
    return direction(value / unit) * unit;
  };

const directions: Round[] = [Math.floor, Math.ceil, Math.trunc, Math.round];
const dtypes = fc.constantFrom<StorageDtype[]>("f32", "f16");
const bitsOf = (dtype: StorageDtype): number => 1 - Math.log2(FLOAT_FORMATS[dtype].epsilon);

/** The sum of products, each operation rounded; in sequence, or as a tree of halves. */
function sum(products: readonly number[], round: Round, tree: boolean): number {
  if (!tree) return products.reduce((left, right) => round(left + right), 0);
  if (products.length === 1) return products[0] as number;
  const half = products.length >> 1;
  const [left, right] = [products.slice(0, half), products.slice(half)];
  return round(sum(left, round, true) + sum(right, round, true));
}

const dotProducts = fc.record({
  terms: fc.integer({ min: 1, max: 300 }),
  seed: fc.nat(),
  dtype: dtypes,
  direction: fc.constantFrom(...directions),
  tree: fc.boolean(),
});

/** A dot product of operands rounded to `dtype`: in float64, and as a device might compute it. */
function dotProduct(
  terms: number,
  seed: number,
  dtype: StorageDtype,
  direction: Round,
  tree: boolean,
): { exact: number; magnitude: number; computed: number } {
  const store = roundTo(bitsOf(dtype), Math.round);
  const [w, x] = [seed, seed + 1].map((s) => draw(uniform(s), terms, 1, "float64").map(store)) as [
    Float64Array,
    Float64Array,
  ];
  const products = [...w].map((value, index) => value * (x[index] as number));
  const single = roundTo(24, direction);
  const accumulated = sum(products.map(single), single, tree);
  return {
    exact: products.reduce((left, right) => left + right, 0),
    magnitude: products.reduce((left, right) => left + Math.abs(right), 0),
    computed: roundTo(bitsOf(dtype), direction)(accumulated),
  };
}

describe("errorBound", () => {
  it("holds for sums in any order, rounded in any direction", () => {
    fc.assert(
      fc.property(dotProducts, ({ terms, seed, dtype, direction, tree }) => {
        const { exact, magnitude, computed } = dotProduct(terms, seed, dtype, direction, tree);
        expect(Math.abs(computed - exact)).toBeLessThanOrEqual(
          errorBound(exact, magnitude, { dtype, terms }),
        );
      }),
      { numRuns: 500 },
    );
  });

  it("is the textbook bound: n rounding errors of the magnitude, and one of the stored sum", () => {
    const relative = (bound: number, expected: number): number => Math.abs(bound / expected - 1);
    for (const terms of [1, 64, 4096]) {
      const gamma = (terms * 2 ** -23) / (1 - terms * 2 ** -23);
      expect(relative(errorBound(0, 5, { dtype: "f32", terms }), 5 * gamma)).toBeLessThan(1e-6);
      const half = 5 * gamma + 2 ** -10 * (3 + 5 * gamma) + 2 ** -14;
      const normal = { dtype: "f16", terms, subnormalOperands: 0 } as const;
      expect(relative(errorBound(-3, 5, normal), half)).toBeLessThan(1e-6);
    }
  });

  it("holds for factors one after the other, what is between them stored", () => {
    const products = fc.record({
      terms: fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 })),
      seed: fc.nat(1e6),
      dtype: dtypes,
      direction: fc.constantFrom(...directions),
      scale: fc.constantFrom(1, 2 ** -12),
    });
    fc.assert(
      fc.property(products, ({ terms, seed, dtype, direction, scale }) => {
        const [left, right] = terms;
        const store = roundTo(bitsOf(dtype), direction);
        const flush = (value: number): number =>
          Math.abs(value) < FLOAT_FORMATS[dtype].smallestNormal ? 0 : value;
        const weights = draw(uniform(seed), left, 1, "float64").map(
          roundTo(bitsOf(dtype), Math.round),
        );
        // Each element between the factors is a dot product of its own, of small numbers or not.
        const rows = Array.from({ length: left }, (_, row) => {
          const one = dotProduct(right, seed + 2 * row + 1, dtype, direction, false);
          return {
            exact: one.exact * scale,
            magnitude: one.magnitude * scale,
            stored: flush(store(one.computed * scale)),
          };
        });
        const single = roundTo(24, direction);
        const terms1 = rows.map(({ stored }, row) => single((weights[row] as number) * stored));
        const computed = flush(store(sum(terms1, single, false)));
        const total = (pick: (row: (typeof rows)[number], weight: number) => number): number =>
          rows.reduce((subtotal, row, index) => subtotal + pick(row, weights[index] as number), 0);
        const exact = total((row, weight) => weight * row.exact);
        const magnitude = total((row, weight) => Math.abs(weight) * row.magnitude);
        const magnification = total((_, weight) => Math.abs(weight));
        const bound = errorBound(exact, magnitude, { dtype, terms, magnification });
        expect(Math.abs(computed - exact)).toBeLessThanOrEqual(bound);
      }),
      { numRuns: 500 },
    );
  });

  it("is the same for one factor in a list, and for more grows as the errors multiply", () => {
    const bound = (terms: number | number[]): number => errorBound(0, 1, { dtype: "f32", terms });
    expect(bound([64])).toBe(bound(64));
    expect(bound([64, 64]) / bound(64)).toBeCloseTo(2, 4);
    const half = (terms: number[]): number =>
      errorBound(0, 1, { dtype: "f16", terms, subnormalOperands: 0 });
    // One more vector is stored: 2^-10 of the magnitude, and the smallest normal number.
    expect(half([2, 2]) - half([2])).toBeCloseTo(2 ** -10 + 2 ** -14, 5);
  });

  it("holds for values that were rounded themselves", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(1e6), dtypes, (terms, seed, dtype) => {
        const round = roundTo(bitsOf(dtype), Math.round);
        const weights = draw(uniform(seed), terms, 1, "float64");
        const inputs = draw(uniform(seed + 1), terms, 1, "float64").map(round);
        const dot = (values: Float64Array): number =>
          values.reduce((total, value, index) => total + value * (inputs[index] as number), 0);
        const magnitude = weights.reduce(
          (total, value, index) => total + Math.abs(value * (inputs[index] as number)),
          0,
        );
        const exact = dot(weights);
        const bound = errorBound(exact, magnitude, {
          dtype,
          terms,
          roundedValues: { largestInput: 1 },
        });
        expect(Math.abs(round(dot(weights.map(round))) - exact)).toBeLessThanOrEqual(bound);
      }),
    );
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 22 + 1])("refuses %d terms", (terms) => {
    expect(() => errorBound(1, 1, { dtype: "f32", terms })).toThrow(
      expect.objectContaining({
        code: "TERMS_INVALID",
        message: expect.stringContaining(`${terms}`),
      }),
    );
  });
});

describe("verify", () => {
  const one = Float64Array.of(1);

  it("accepts what a device may compute, and nothing where one term is missing", () => {
    fc.assert(
      fc.property(dotProducts, ({ terms, seed, dtype, direction, tree }) => {
        const { exact, magnitude, computed } = dotProduct(terms, seed, dtype, direction, tree);
        const arrays = [Float64Array.of(exact), Float64Array.of(magnitude)] as const;
        expect(verify(Float64Array.of(computed), ...arrays, { dtype, terms })).toMatchObject({
          ok: true,
          nonFinite: 0,
        });
        // A term of average size is far above the rounding error of sums as short as these.
        const missing = magnitude / terms;
        fc.pre(missing > 2 * errorBound(exact, magnitude, { dtype, terms }));
        const wrong = Float64Array.of(computed + missing);
        expect(verify(wrong, ...arrays, { dtype, terms }).ok).toBe(false);
      }),
    );
  });

  it("reports the largest error, the largest ratio and where it is, and the relative error", () => {
    const reference = Float64Array.of(3, 4, 0, 0);
    const actual = Float32Array.of(3, 4.5, 0, 0.25);
    const magnitude = Float64Array.of(3, 4, 1, 1);
    const rounding = { dtype: "f32", terms: 8 } as const;
    expect(verify(actual, reference, magnitude, rounding)).toEqual({
      ok: false,
      maxError: 0.5,
      maxRatio: 0.25 / errorBound(0, 1, rounding),
      worstIndex: 3,
      rmsRelative: expect.closeTo(Math.hypot(0.5, 0.25) / 5, 12),
      nonFinite: 0,
    });
  });

  it.each<[StorageDtype, number]>([
    ["f32", 2 ** -127],
    ["f16", 2 ** -15],
  ])("lets a subnormal %s result be flushed to zero", (dtype, subnormal) => {
    const tiny = Float64Array.of(subnormal);
    expect(verify(Float32Array.of(0), tiny, tiny, { dtype, terms: 1 }).ok).toBe(true);
    const normal = Float64Array.of(4 * FLOAT_FORMATS[dtype].smallestNormal);
    expect(verify(Float32Array.of(0), normal, normal, { dtype, terms: 1 }).ok).toBe(false);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "fails on %d, wherever it comes from",
    (bad) => {
      const rounding = { dtype: "f16", terms: 1 } as const;
      const good = Float64Array.of(1, 1, 1);
      const spoiled = Float64Array.of(1, bad, bad);
      const failure = { ok: false, worstIndex: 1, nonFinite: 2, maxError: 0, rmsRelative: 0 };
      expect(verify(spoiled, good, good, rounding)).toMatchObject(failure);
      expect(verify(good, spoiled, good, rounding)).toMatchObject(failure);
      expect(verify(spoiled, spoiled, good, rounding)).toMatchObject(failure);
    },
  );

  it("fails on a magnitude that is not finite, which would allow anything", () => {
    const rounding = { dtype: "f32", terms: 1 } as const;
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(verify(one, one, Float64Array.of(bad), rounding).ok).toBe(false);
    }
  });

  it("accepts a zero product that is exactly zero", () => {
    const zero = new Float64Array(4);
    expect(verify(new Float32Array(4), zero, zero, { dtype: "f32", terms: 4 })).toEqual({
      ok: true,
      maxError: 0,
      maxRatio: 0,
      worstIndex: 0,
      rmsRelative: 0,
      nonFinite: 0,
    });
  });

  it("refuses to verify nothing, or arrays of different lengths", () => {
    const rounding = { dtype: "f32", terms: 1 } as const;
    const none = new Float64Array(0);
    expect(() => verify(none, none, none, rounding)).toThrow(
      expect.objectContaining({ code: "VERIFY_LENGTH" }),
    );
    expect(() => verify(new Float32Array(2), one, one, rounding)).toThrow(
      expect.objectContaining({
        code: "VERIFY_LENGTH",
        message: "There are 2 elements to verify, 1 of the reference and 1 magnitudes.",
      }),
    );
  });
});

describe("double precision", () => {
  const rounding = { dtype: "f64", terms: 3 } as const;

  it("is bound by unit roundoffs of the sum and of its reference", () => {
    const gamma = (3 * 2 ** -53) / (1 - 3 * 2 ** -53);
    expect(errorBound(1, 2, rounding)).toBeCloseTo(4 * gamma, 25);
    // Two factors: their relative errors multiply, and none is rounded away beside 1.
    const both = errorBound(1, 1, { dtype: "f64", terms: [3, 1] });
    expect(both / (8 * 2 ** -53)).toBeCloseTo(1, 12);
  });

  it("finds an error of a few units in the last place", () => {
    const exact = Float64Array.of(1);
    const check = (y: number): boolean =>
      verify(Float64Array.of(y), exact, exact, { dtype: "f64", terms: 1 }).ok;
    expect(check(1 + 2 ** -52)).toBe(true);
    expect(check(1 + 2 ** -51)).toBe(false);
    expect(check(Math.fround(1.1) - 0.1)).toBe(false);
  });
});
