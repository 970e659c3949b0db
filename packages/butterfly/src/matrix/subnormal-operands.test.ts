import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FLOAT_FORMATS, type StorageDtype } from "../numeric/dtype.ts";
import { quantize } from "../numeric/half-precision.ts";
import { draw, uniform } from "../numeric/random.ts";
import { errorBound, verify } from "../numeric/tolerance.ts";
import { Pattern } from "../pattern/pattern.ts";
import { Butterfly } from "./butterfly.ts";
import { KroneckerSparse } from "./kronecker-sparse.ts";
import { referenceProduct } from "./reference-product.ts";
import { subnormalOperands } from "./subnormal-operands.ts";

const SHAPE = { batch: 1, layout: "batch-first" } as const;

/** Numbers in `dtype`: near its smallest normal one, or of usual size. */
function drawNumbers(
  length: number,
  seed: number,
  { dtype, tiny }: { readonly dtype: StorageDtype; readonly tiny: boolean },
): Float32Array {
  const next = uniform(seed);
  const usual = dtype === "f32" ? 4 : -9;
  const least = tiny ? Math.log2(FLOAT_FORMATS[dtype].smallestNormal) - 6 : usual;
  const values = Float32Array.from({ length }, () => next() * 2 ** (least + 6 * (next() + 1)));
  return quantize(values, dtype);
}

/** The product of a device that takes subnormal operands and results as zero, with sums in float32. */
function flushingProduct(butterfly: Butterfly, x: Float32Array, dtype: StorageDtype): Float32Array {
  const flush = (value: number, format: StorageDtype): number =>
    Math.abs(value) < FLOAT_FORMATS[format].smallestNormal ? 0 : value;
  let vector = x;
  for (const { pattern, values } of butterfly.factors.toReversed()) {
    // Of a dense factor: a and d are 1.
    const { b, c } = pattern;
    vector = Float32Array.from({ length: b }, (_, row) => {
      let sum = 0;
      for (let column = 0; column < c; column++) {
        const w = flush(values[row * c + column] as number, dtype);
        const input = flush(vector[column] as number, dtype);
        sum = flush(Math.fround(sum + flush(Math.fround(w * input), "f32")), "f32");
      }
      return sum;
    });
    vector = quantize(vector, dtype);
    vector = vector.map((value) => flush(value, dtype));
  }
  return vector;
}

describe("subnormal operands", () => {
  it.each<StorageDtype>(["f32", "f16"])("may be taken as zero in %s, within the bound", (dtype) => {
    let beyond = 0;
    fc.assert(
      fc.property(fc.nat(1e6), fc.integer({ min: 1, max: 3 }), (seed, length) => {
        const sizes = [5, 7, 3, 6];
        // The values of the left-most factor or the inputs are tiny.
        const tinyInputs = seed % 2 === 0;
        const butterfly = new Butterfly(
          Array.from({ length }, (_, index) => {
            const pattern = new Pattern(1, sizes[index] as number, sizes[index + 1] as number, 1);
            const tiny = !tinyInputs && index === 0;
            return new KroneckerSparse(
              pattern,
              drawNumbers(pattern.nonZeros, seed + index, { dtype, tiny }),
            );
          }),
        );
        const x = drawNumbers(butterfly.chain.cols, seed + 9, { dtype, tiny: tinyInputs });
        const reference = referenceProduct(butterfly, Float64Array.from(x), SHAPE);
        const magnitude = referenceProduct(
          butterfly.absolute(),
          Float64Array.from(x, Math.abs),
          SHAPE,
        );
        const actual = flushingProduct(butterfly, x, dtype);
        const kept = {
          dtype,
          terms: butterfly.chain.patterns.map(({ c }) => c),
          magnification: butterfly.magnification(),
          subnormalOperands: 0,
        };
        const lost = subnormalOperands(butterfly, x, magnitude, { ...SHAPE, dtype });
        const found = verify(actual, reference, magnitude, { ...kept, subnormalOperands: lost });
        expect(found).toMatchObject({ ok: true, nonFinite: 0 });
        if (!verify(actual, reference, magnitude, kept).ok) beyond++;
      }),
      { numRuns: 30, seed: 1 },
    );
    // It is not the other terms that allow it.
    expect(beyond).toBeGreaterThan(0);
  });

  it.each<[StorageDtype, number]>([
    ["f32", 2 ** -127],
    ["f16", 2 ** -15],
  ])("of %s take a normal product with them", (dtype, subnormal) => {
    const factor = new KroneckerSparse(new Pattern(1, 1, 2, 1), Float32Array.of(1024, 1));
    const x = Float32Array.of(subnormal, 0);
    const butterfly = new Butterfly([factor]);
    const reference = Float64Array.of(1024 * subnormal);
    const lost = subnormalOperands(butterfly, x, reference, { ...SHAPE, dtype });
    expect(lost).toBe(1024 * subnormal);
    const verified = (given: object): boolean =>
      verify(Float32Array.of(0), reference, reference, { dtype, terms: 2, ...given }).ok;
    expect(verified({ subnormalOperands: lost })).toBe(true);
    expect(verified({})).toBe(false);
    const smallest = FLOAT_FORMATS[dtype].smallestNormal;
    expect(
      subnormalOperands(butterfly, Float32Array.of(smallest, 0), reference, { ...SHAPE, dtype }),
    ).toBe(0);
  });

  it("are allowed for in operands of at most 1 unless it is known what they lose", () => {
    const { smallestNormal } = FLOAT_FORMATS.f16;
    for (const terms of [1, 16]) {
      const without = errorBound(0, 0, { dtype: "f16", terms, subnormalOperands: 0 });
      const any = errorBound(0, 0, { dtype: "f16", terms });
      expect(any - without).toBeCloseTo(terms * smallestNormal * (1 + 2 ** -10), 12);
    }
    // A product of numbers of at most 1, one of which is subnormal, is subnormal itself.
    const single = { dtype: "f32", terms: 16 } as const;
    expect(errorBound(0, 0, single)).toBe(errorBound(0, 0, { ...single, subnormalOperands: 0 }));
  });

  it("lose what they are of values that become subnormal when they are rounded", () => {
    const values = draw(uniform(3), 40, 2 ** -14, "float64");
    const rounded = quantize(Float32Array.from(values), "f16");
    const exact = values.reduce((sum, value) => sum + value, 0);
    const magnitude = values.reduce((sum, value) => sum + Math.abs(value), 0);
    const computed = rounded.reduce(
      (sum, value) => sum + (Math.abs(value) < 2 ** -14 ? 0 : value),
      0,
    );
    const rounding = { dtype: "f16", terms: 40, roundedValues: { largestInput: 1 } } as const;
    expect(Math.abs(computed - exact)).toBeLessThanOrEqual(errorBound(exact, magnitude, rounding));
  });
});
