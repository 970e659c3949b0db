import { type BatchShape, Butterfly, KroneckerSparse, Pattern } from "@papilio/butterfly";
import { referenceProduct, storedPattern, UNSHARED } from "@papilio/butterfly/matrix";
import { uniform } from "@papilio/butterfly/numeric";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectWithin, UNIT } from "../testing/expect-within.ts";
import { isRounded, multiply, passOf, stored } from "../testing/multiply.ts";
import { normalDistribution } from "../testing/normal-distribution.ts";
import { packWeights } from "../testing/pack-weights.ts";
import { roundingOfInputs } from "../testing/rounding-of-inputs.ts";
import { BOTH_SIMDS } from "../testing/run-kernel.ts";
import { verifyProduct } from "../testing/verify-product.ts";
import type { KernelCall } from "./kernel-call.ts";
import { layOutWeights, WEIGHT_DTYPES, type WeightDtype } from "./packed-weights.ts";
import { product } from "./product.ts";

const draw = (length: number, seed = 7): Float32Array =>
  Float32Array.from({ length }, uniform(seed));
const refused = (code: string): unknown => expect.objectContaining({ code });

/** Each output is within its bound: that of sums in float32, and of one vector by few bits that of its rounding. */
function expectProduct(
  factor: KroneckerSparse,
  dtype: WeightDtype,
  x: Float32Array,
  y: Float32Array,
  shape: BatchShape,
): void {
  const { c } = factor.pattern;
  if (shape.batch > 1 || !isRounded(dtype)) {
    const found = verifyProduct(new Butterfly([factor]), x, y, shape, [c]);
    expect(found).toMatchObject({ ok: true });
    return;
  }
  const butterfly = new Butterfly([factor]);
  const expected = referenceProduct(butterfly, Float64Array.from(x), shape);
  const magnitudes = referenceProduct(butterfly.absolute(), Float64Array.from(x, Math.abs), shape);
  const roundings = roundingOfInputs(factor, dtype, x);
  for (const [index, value] of y.entries()) {
    const error = Math.abs(value - (expected[index] as number));
    const sums = (c + 4) * 2 ** -24 * (magnitudes[index] as number);
    expect(error).toBeLessThanOrEqual(sums + 1.001 * (roundings[index] as number));
  }
}

const few = fc.integer({ min: 1, max: 5 });
const side = fc.oneof(few, fc.integer({ min: 6, max: 27 }));
const patterns = fc.tuple(few, side, side, few).map(([a, b, c, d]) => new Pattern(a, b, c, d));
const COUNTS = [1, 2, 4, 5, 8, 9, 12, 13, 16, 17, 28, 35];
const counts = fc.constantFrom(...COUNTS);
const simds = fc.constantFrom(...BOTH_SIMDS);
const dtypes = fc.constantFrom(...WEIGHT_DTYPES);
const orders = fc.constantFrom({}, { order: "backwards" } as const);
const sharings = fc.record({ a: fc.boolean(), d: fc.boolean() });

describe("the product on the CPU", () => {
  it("is that of any factor, for any number of vectors", () => {
    fc.assert(
      fc.property(
        patterns,
        counts,
        dtypes,
        simds,
        orders,
        sharings,
        (pattern, vectors, dtype, simd, order, sharing) => {
          const values = draw(storedPattern(pattern, sharing).nonZeros, 3);
          const factor = stored(new KroneckerSparse(pattern, values, sharing), dtype);
          const x = draw(vectors * pattern.cols);
          const y = multiply([factor], dtype, { vectors }, { x }, { simd, ...order });
          const shape = { batch: vectors, layout: "batch-first" } as const;
          expectProduct(factor, dtype, x, y, shape);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([
    // More inputs than are taken at a time, outputs in several items, every end of the groups.
    ["1,47,770,1", 1],
    ["1,44,770,1", 4],
    ["1,43,770,1", 35],
    ["1,100,1537,1", 20],
    // Twelve vectors: all of them, fewer, and those of a last tile.
    ["1,47,770,1", 12],
    ["3,12,5,3", 9],
    ["1,44,770,1", 28],
    ["1,900,257,1", 1],
    ["1,600,257,1", 33],
    // Inputs that drive each other out of the cache.
    ["2,11,72,8", 17],
    ["1,9,40,16", 270],
    ["1,22,70,8", 17],
    // Many blocks.
    ["70,2,2,40", 16],
    ["100,7,3,10", 20],
    ["100,8,16,10", 1],
    ["90,5,4,3", 1],
    ["90,13,4,1", 7],
  ])("is that of %s for %d vectors", (text, vectors) => {
    const pattern = Pattern.parse(text);
    for (const dtype of ["f32", "f16", "q8", "q4", "q3", "f8e4m3"] as const) {
      const factor = stored(KroneckerSparse.random(pattern, { seed: 1 }), dtype);
      const x = draw(vectors * pattern.cols);
      const y = multiply([factor], dtype, { vectors }, { x }, { order: "backwards" });
      const shape = { batch: vectors, layout: "batch-first" } as const;
      expectProduct(factor, dtype, x, y, shape);
    }
  });

  it("stores blocks that are shared once", () => {
    const pattern = new Pattern(3, 7, 5, 4);
    for (const sharing of [
      { a: true, d: false },
      { a: false, d: true },
      { a: true, d: true },
    ]) {
      const stored = { a: sharing.a ? 1 : 3, d: sharing.d ? 1 : 4 };
      const values = draw(stored.a * 7 * 5 * stored.d, 5);
      const shared = new KroneckerSparse(pattern, values, sharing);
      expect(passOf([shared], "f32").bytes).toBe(4 * values.length);
      const x = draw(20 * pattern.cols);
      const y = multiply([shared], "f32", { vectors: 20 }, { x });
      const shape = { batch: 20, layout: "batch-first" } as const;
      const found = verifyProduct(new Butterfly([shared]), x, y, shape, [pattern.c]);
      expect(found).toMatchObject({ ok: true });
    }
  });
});

describe("what follows the sums", () => {
  const gelu = { kind: "gelu", approximate: "none" } as const;
  const EPILOGUES = [
    { bias: true },
    { activation: { kind: "relu" } as const },
    { multiply: true },
    { add: true },
    { bias: true, activation: gelu, multiply: true, add: true },
  ];

  it.each(EPILOGUES)("is %o", (epilogue) => {
    for (const text of ["1,17,390,1", "2,8,5,3", "1,1,3,2", "3,4,4,1", "2,21,9,2"]) {
      const pattern = Pattern.parse(text);
      const factor = KroneckerSparse.random(pattern, { seed: 2 });
      for (const vectors of [1, 7, 11, 18]) {
        for (const simd of BOTH_SIMDS) {
          const given = {
            x: draw(vectors * pattern.cols, 3),
            ...(epilogue.bias && { bias: draw(pattern.rows, 4) }),
            ...(epilogue.multiply && { multiplier: draw(vectors * pattern.rows, 5) }),
            ...(epilogue.add && { addend: draw(vectors * pattern.rows, 6) }),
          };
          const y = multiply([factor], "f32", { vectors, ...epilogue }, given, { simd });
          const { expected, bounds } = inDouble(factor, vectors, epilogue.activation, given);
          expectWithin(y, expected, (index) => bounds[index] as number);
        }
      }
    }
  });

  /** `activation(W x + bias) * multiplier + addend` in float64, and how far off float32 may be. */
  function inDouble(
    factor: KroneckerSparse,
    vectors: number,
    activation: { readonly kind: "relu" } | typeof gelu | undefined,
    given: {
      x: Float32Array;
      bias?: Float32Array;
      multiplier?: Float32Array;
      addend?: Float32Array;
    },
  ): { expected: Float64Array; bounds: Float64Array } {
    const { rows, c } = factor.pattern;
    const butterfly = new Butterfly([factor]);
    const shape = { batch: vectors, layout: "batch-first" } as const;
    const sums = referenceProduct(butterfly, Float64Array.from(given.x), shape);
    const sizes = referenceProduct(
      butterfly.absolute(),
      Float64Array.from(given.x, Math.abs),
      shape,
    );
    const expected = new Float64Array(sums.length);
    const bounds = sums.map((sum, index) => {
      const bias = given.bias?.[index % rows] ?? 0;
      const factorOf = given.multiplier?.[index] ?? 1;
      const addend = given.addend?.[index] ?? 0;
      const z = sum + bias;
      const value =
        activation === undefined
          ? z
          : activation.kind === "relu"
            ? Math.max(0, z)
            : z * normalDistribution(z);
      const y = value * factorOf + addend;
      expected[index] = y;
      // Of c + 1 sums; no activation is steeper than 1.13; 20 units for its own; two more roundings.
      const error = (c + 2) * UNIT * ((sizes[index] as number) + Math.abs(bias));
      const after = 1.13 * error + 20 * UNIT * Math.abs(value);
      return (
        1.01 *
        (Math.abs(factorOf) * after + 3 * UNIT * (Math.abs(value * factorOf) + Math.abs(addend)))
      );
    });
    return { expected, bounds };
  }
});

it("an infinite input reaches the outputs that it belongs to, and no others", () => {
  for (const outputs of [9, 23]) {
    const factor = KroneckerSparse.random(new Pattern(1, outputs, 3, 1), { seed: 1 });
    for (const dtype of WEIGHT_DTYPES) {
      for (const vectors of [1, 5, 16]) {
        const x = draw(3 * vectors);
        x[2] = Number.POSITIVE_INFINITY;
        const rounded = stored(factor, dtype);
        const y = multiply([rounded], dtype, { vectors }, { x });
        const expected = rounded.values
          .filter((_, index) => index % 3 === 2)
          .map((w) => w * Number.POSITIVE_INFINITY);
        expect(y.subarray(0, outputs)).toEqual(expected);
        expect(y.subarray(outputs).every(Number.isFinite)).toBe(true);
      }
    }
  }
});

it.each([1e-31, 1e36])("inputs below %d are multiplied as others are", (size) => {
  const pattern = new Pattern(1, 23, 40, 1);
  for (const dtype of WEIGHT_DTYPES) {
    const factor = stored(KroneckerSparse.random(pattern, { seed: 1 }), dtype);
    const x = draw(40).map((value) => value * size);
    const y = multiply([factor], dtype, { vectors: 1 }, { x });
    expectProduct(factor, dtype, x, y, { batch: 1, layout: "batch-first" });
  }
});

it("half precision does not hold what is too large, and says so", () => {
  const weights = layOutWeights(
    new Pattern(1, 2, 3, 1),
    [{ pattern: new Pattern(1, 2, 3, 1), sharing: UNSHARED }],
    "f16",
  );
  const values = Float32Array.of(1, 2, 65519, 4, 5, 6e-8);
  expect(packWeights(weights, [values]).overflows).toBe(false);
  for (const wrong of [65520, -1e9, Number.POSITIVE_INFINITY, Number.NaN]) {
    for (let at = 0; at < 6; at++) {
      expect(packWeights(weights, [values.with(at, wrong)]).overflows).toBe(true);
    }
  }
});

it("sizes that are no whole numbers of at least 1 are refused, and stages that there are not", () => {
  const factor = KroneckerSparse.random(new Pattern(1, 2, 3, 1), { seed: 1 });
  const weights = passOf([factor], "f32");
  const call = (problem: object): KernelCall => product({ vectors: 1, weights, ...problem });
  for (const bad of [0, -1, 1.5, Number.NaN, "1"]) {
    expect(() => call({ vectors: bad })).toThrow(refused("OPTION_INVALID"));
  }
  expect(() => call({ stage: 1 })).toThrow(refused("OPTION_INVALID"));
  expect(() => call({ weights: undefined })).toThrow(refused("OPTION_INVALID"));
  expect(() => call({ add: 1 })).toThrow(refused("OPTION_INVALID"));
  expect(() => call({ activation: { kind: "sine" } })).toThrow(refused("OPTION_INVALID"));
  expect(() => passOf([factor], "f8" as never)).toThrow(refused("OPTION_INVALID"));
});
