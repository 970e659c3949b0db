import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hadamard } from "../constructions/hadamard.ts";
import { Butterfly } from "../matrix/butterfly.ts";
import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import { FEW_BITS } from "../numeric/code-grids.ts";
import { dequantizeValues, type QuantizedValues, quantizeValues } from "../numeric/few-bits.ts";
import { uniform as sequence } from "../numeric/random.ts";
import { Chain } from "../pattern/chain.ts";
import { Pattern } from "../pattern/pattern.ts";
import { roundButterfly, roundingError, searchScales } from "./round-butterfly.ts";

const code = (name: string): unknown => expect.objectContaining({ code: name });

/** Numbers from -1 to 1. */
function uniform(length: number, { seed }: { readonly seed: number }): Float32Array<ArrayBuffer> {
  const next = sequence(seed);
  return Float32Array.from({ length }, () => 2 * next() - 1);
}

function plain(matrix: Butterfly, dtype: (typeof FEW_BITS)[number]): QuantizedValues[] {
  return matrix.factors.map(({ values, stored: { a, b, c, d } }) =>
    quantizeValues(values, [a, b, c, d], dtype),
  );
}

/** `|(W - B) X| / |W X|` from dense matrices, in float64; `|G (W - B) X| / |G W X|` of rows `G`. */
function errorOf(
  matrix: Butterfly,
  rounded: readonly QuantizedValues[],
  x: Float64Array,
  gradients: Float64Array = identityOf(matrix.chain.rows),
): number {
  const near = new Butterfly(
    matrix.factors.map((factor, at) =>
      factor.map(() => dequantizeValues(rounded[at] as QuantizedValues)),
    ),
  );
  const { rows, cols } = matrix.chain;
  const [w, b] = [matrix.convert("float64").dense(), near.convert("float64").dense()];
  const count = x.length / cols;
  const errorsOf = (values: (at: number) => number): number => {
    let squares = 0;
    for (let n = 0; n < count; n++) {
      const y = new Float64Array(rows);
      for (let at = 0; at < rows * cols; at++) {
        const row = Math.floor(at / cols);
        y[row] = (y[row] as number) + values(at) * (x[n * cols + (at % cols)] as number);
      }
      for (let first = 0; first < gradients.length; first += rows) {
        const along = y.reduce((sum, value, at) => sum + value * (gradients[first + at] ?? 0), 0);
        squares += along ** 2;
      }
    }
    return Math.sqrt(squares);
  };
  const lost = (at: number): number => (w[at] as number) - (b[at] as number);
  return errorsOf(lost) / errorsOf((at) => w[at] as number);
}

function identityOf(size: number): Float64Array {
  return Float64Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0));
}

/** Vectors `[count, size]` that are much larger along some directions, and the mean of `x x^T`. */
function correlated(count: number, size: number): { x: Float64Array; moments: Float64Array } {
  const [noise, mixing] = [1, 2].map((seed) => {
    const draws = uniform(seed === 1 ? count * 4 : 4 * size, { seed });
    return Float64Array.from(draws);
  }) as [Float64Array, Float64Array];
  const own = uniform(count * size, { seed: 3 });
  const x = Float64Array.from({ length: count * size }, (_, at) => {
    const [n, feature] = [Math.floor(at / size), at % size];
    let sum = 0.2 * (own[at] as number);
    for (let t = 0; t < 4; t++) {
      sum += (noise[n * 4 + t] as number) * (mixing[t * size + feature] as number);
    }
    return sum;
  });
  const moments = new Float64Array(size * size);
  for (let n = 0; n < count; n++) {
    for (let p = 0; p < size; p++) {
      for (let q = 0; q < size; q++) {
        moments[p * size + q] =
          (moments[p * size + q] as number) +
          ((x[n * size + p] as number) * (x[n * size + q] as number)) / count;
      }
    }
  }
  return { x, moments };
}

describe("factors that are rounded together", () => {
  it.each([
    ["1,4,16,16;4,64,16,1", 0.86],
    ["1,8,8,8;8,8,8,1", 0.94],
    ["1,2,2,16;2,2,2,8;4,2,2,4;8,2,2,2;16,2,2,1", 0.9],
  ])("lose less of the product %s than plain rounding, at equal bytes", async (text, most) => {
    const matrix = Butterfly.random(Chain.parse(text), { seed: 5 });
    const x = identityOf(matrix.chain.cols);
    for (const dtype of FEW_BITS) {
      const rounded = await roundButterfly(matrix, dtype);
      const before = plain(matrix, dtype);
      for (const [at, { codes, scales, shape }] of rounded.entries()) {
        expect([codes.length, scales.length, shape]).toEqual([
          before[at]?.codes.length,
          before[at]?.scales.length,
          before[at]?.shape,
        ]);
      }
      const error = errorOf(matrix, rounded, x);
      // Plain rounding finds the best scale of signs.
      expect(error / errorOf(matrix, before, x)).toBeLessThan(dtype === "q1" ? 1 : most);
      expect(await roundingError(matrix, rounded)).toBeCloseTo(error, 6);
    }
  });

  it("lose less of the outputs with second moments of the inputs", async () => {
    for (const text of ["1,8,16,16;8,32,16,1", "1,40,64,1"]) {
      const matrix = Butterfly.random(Chain.parse(text), { seed: 6 });
      const { x, moments } = correlated(256, matrix.chain.cols);
      const told = await roundButterfly(matrix, "q4", { moments });
      const error = errorOf(matrix, told, x);
      expect(error / errorOf(matrix, plain(matrix, "q4"), x)).toBeLessThan(0.65);
      expect(error / errorOf(matrix, await roundButterfly(matrix, "q4"), x)).toBeLessThan(0.85);
      expect(await roundingError(matrix, told, { moments })).toBeCloseTo(error, 6);
    }
  });

  it("lose less of what is computed of the outputs with second moments of its gradients", async () => {
    for (const text of ["1,8,16,16;8,32,16,1", "1,48,64,1", "1,40,9,1"]) {
      const matrix = Butterfly.random(Chain.parse(text), { seed: 6 });
      const { rows, cols } = matrix.chain;
      const { x, moments } = correlated(96, cols);
      const { x: gradients, moments: outputs } = correlated(96, rows);
      const before = await roundButterfly(matrix, "q4", { moments });
      const told = await roundButterfly(matrix, "q4", { moments, outputs });
      const error = errorOf(matrix, told, x, gradients);
      expect(error / errorOf(matrix, before, x, gradients)).toBeLessThan(0.85);
      expect(await roundingError(matrix, told, { moments, outputs })).toBeCloseTo(error, 6);
      const alone = await roundButterfly(matrix, "q4", { outputs });
      const unit = identityOf(cols);
      expect(errorOf(matrix, alone, unit, gradients)).toBeLessThan(
        errorOf(matrix, await roundButterfly(matrix, "q4"), unit, gradients),
      );
    }
  });

  it("have the weighted error of float64, whatever the shape", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(...FEW_BITS),
        async (rows, cols, dtype) => {
          const matrix = Butterfly.random(Chain.parse(`1,${rows},${cols},1`), { seed: 6 });
          const { x, moments } = correlated(5, cols);
          const { x: gradients, moments: outputs } = correlated(5, rows);
          const told = await roundButterfly(matrix, dtype, { moments, outputs });
          const error = errorOf(matrix, told, x, gradients);
          const found = await roundingError(matrix, told, { moments, outputs });
          // Squared errors are sums of products of either sign, so that roots of them have half of the digits.
          expect(Math.abs(found - error)).toBeLessThan(1e-6);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("are the same however large the inputs are", async () => {
    const matrix = Butterfly.random(Chain.parse("1,4,16,8;4,32,16,1"), { seed: 6 });
    const { moments } = correlated(64, matrix.chain.cols);
    const told = await roundButterfly(matrix, "q4", { moments });
    for (const scale of [2 ** 60, 2 ** -60]) {
      const other = { moments: moments.map((one) => one * scale) };
      expect(await roundButterfly(matrix, "q4", other)).toEqual(told);
    }
  });

  it("stay as they are when they are rounded again, plainly", async () => {
    for (const dtype of FEW_BITS) {
      const matrix = Butterfly.random(Chain.parse("1,4,16,8;4,32,16,1"), { seed: 7 });
      for (const rounded of await roundButterfly(matrix, dtype)) {
        const values = dequantizeValues(rounded).map((value) => value + 0); // no -0
        const again = dequantizeValues(quantizeValues(values, rounded.shape, dtype));
        expect(again.map((value) => value + 0)).toEqual(values);
      }
    }
  });

  it("are found by the errors of single values where there is one group", () => {
    // By exhaustion: a fine scan of scales of either sign, codes -8 to 7.
    const values = uniform(32, { seed: 8 });
    const { codes, scales, ...rest } = searchScales(values, [1, 1, 32, 1], "q4");
    const near = dequantizeValues({ codes, scales, ...rest });
    const squared = (at: (value: number) => number): number =>
      values.reduce((sum, value) => sum + (value - at(value)) ** 2, 0);
    let least = Number.POSITIVE_INFINITY;
    for (let scale = 0.02; scale < 0.3; scale += 1e-4) {
      for (const own of [scale, -scale]) {
        const round = (value: number): number =>
          own * Math.min(7, Math.max(-8, Math.round(value / own)));
        least = Math.min(least, squared(round));
      }
    }
    const found = values.reduce((sum, value, at) => sum + (value - (near[at] as number)) ** 2, 0);
    expect(found).toBeLessThan(1.05 * least);
  });

  it("are rounded one by one where equal blocks are stored once", async () => {
    const [left, right] = Butterfly.random(Chain.parse("1,8,8,8;8,8,8,1"), { seed: 9 }).factors;
    const once = new KroneckerSparse(new Pattern(8, 8, 8, 1), uniform(64, { seed: 1 }), {
      a: true,
      d: false,
    });
    expect(right).toBeDefined();
    const matrix = new Butterfly([left as KroneckerSparse, once]);
    const rounded = await roundButterfly(matrix, "q4");
    expect(rounded).toEqual(
      matrix.factors.map(({ values, stored: { a, b, c, d } }) =>
        searchScales(values, [a, b, c, d], "q4"),
      ),
    );
    expect(await roundingError(matrix, rounded)).toBeCloseTo(
      errorOf(matrix, rounded, identityOf(64)),
      6,
    );
  });

  it("refuse what is no matrix, no moments, and values that are not finite", async () => {
    const matrix = Butterfly.random(Chain.parse("1,4,4,4;4,4,4,1"), { seed: 1 });
    const outputs = new Float64Array(9);
    await expect(roundButterfly(matrix, "q4", { outputs })).rejects.toThrow(code("INPUT_LENGTH"));
    const few = { moments: new Float64Array(3) };
    await expect(roundButterfly(matrix, "q4", few)).rejects.toThrow(code("INPUT_LENGTH"));
    const moments = new Float64Array(256).fill(1);
    moments[17] = -1;
    const wrong = roundButterfly(matrix, "q4", { moments });
    await expect(wrong).rejects.toThrow(code("MATRIX_NOT_FINITE"));
    await expect(roundButterfly(matrix, "q9" as "q4")).rejects.toThrow(code("OPTION_INVALID"));
    (matrix.factors[0] as KroneckerSparse).values[3] = Number.NaN;
    await expect(roundButterfly(matrix, "q4")).rejects.toThrow(code("VALUE_RANGE"));
  });

  it("are zeros of zeros", async () => {
    const matrix = Butterfly.random(Chain.parse("1,4,4,4;4,4,4,1"), { seed: 1 });
    const zeros = new Butterfly(matrix.factors.map((one) => one.map((all) => all.map(() => 0))));
    const moments = new Float64Array(256);
    for (const options of [{}, { moments }, { moments, outputs: moments }]) {
      for (const rounded of await roundButterfly(zeros, "q2", options)) {
        expect(dequantizeValues(rounded).every((value) => value === 0)).toBe(true);
      }
      expect(await roundingError(zeros, await roundButterfly(zeros, "q2"), options)).toBe(0);
    }
  });
});

describe("factors of signs on the right", () => {
  const [rows, cols] = [24, 64];
  const signs = hadamard(cols)
    .merge(3, 6)
    .merge(0, 3)
    .factors.map((factor) => factor.expand());
  const rotated = new Butterfly([
    new KroneckerSparse(new Pattern(1, rows, cols, 1), uniform(rows * cols, { seed: 4 })),
    ...signs.map((factor) => factor.convert("float32")),
  ]);

  it.each(FEW_BITS)("are kept exactly in %s, and the others rounded for them", async (dtype) => {
    const { x, moments } = correlated(200, cols);
    const rounded = await roundButterfly(rotated, dtype, { moments });
    for (const [at, { values }] of signs.entries()) {
      const own = dequantizeValues(rounded[at + 1] as QuantizedValues);
      expect(Float64Array.from(own)).toEqual(values);
    }
    const own = errorOf(rotated, rounded, x);
    expect(own).toBeLessThan(0.8 * errorOf(rotated, plain(rotated, dtype), x));
    const unaware = await roundButterfly(new Butterfly(rotated.factors.slice(0, 1)), dtype);
    expect(own).toBeLessThan(errorOf(rotated, [...unaware, ...rounded.slice(1)], x));
  });

  it("are kept exactly where nothing stands on their left", async () => {
    const whole = new Butterfly(signs);
    const near = (await roundButterfly(whole, "q4")).map((one) => dequantizeValues(one));
    expect(near.map((values) => Float64Array.from(values))).toEqual(
      signs.map(({ values }) => values),
    );
  });
});
