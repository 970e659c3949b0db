import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FloatArray, FloatType } from "../numeric/float-array.ts";
import { type BatchShape, LAYOUTS, stridesOf } from "../numeric/layout.ts";
import { draw, uniform } from "../numeric/random.ts";
import { Pattern } from "../pattern/pattern.ts";
import { KroneckerSparse } from "./kronecker-sparse.ts";
import { referenceProduct } from "./reference-product.ts";

const entry = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 6 }) },
  { weight: 1, arbitrary: fc.integer({ min: 7, max: 12 }) },
);
const cases = fc.record({
  pattern: fc.tuple(entry, entry, entry, entry).map(([a, b, c, d]) => new Pattern(a, b, c, d)),
  shape: fc.record({
    batch: fc.integer({ min: 1, max: 7 }),
    layout: fc.constantFrom(...LAYOUTS),
  }),
  seed: fc.nat(),
});

/** The product with the dense matrix, each entry from the definition, and `|W||x|` for its bound. */
function denseProduct(
  { pattern: { a, b, c, d, rows, cols }, values }: KroneckerSparse<FloatArray>,
  x: FloatArray,
  shape: BatchShape,
): { y: Float64Array; magnitude: Float64Array } {
  const entryAt = (row: number, column: number): number => {
    const [i, j, k] = [Math.floor(row / (b * d)), Math.floor(row / d) % b, row % d];
    const [m, l, p] = [Math.floor(column / (c * d)), Math.floor(column / d) % c, column % d];
    return i === m && k === p ? (values[i * b * c * d + j * c * d + l * d + k] as number) : 0;
  };
  const from = stridesOf(shape, cols);
  const to = stridesOf(shape, rows);
  const y = new Float64Array(rows * shape.batch);
  const magnitude = new Float64Array(rows * shape.batch);
  for (let row = 0; row < a * b * d; row++) {
    for (let column = 0; column < a * c * d; column++) {
      const weight = entryAt(row, column);
      for (let n = 0; n < shape.batch; n++) {
        const target = row * to.feature + n * to.vector;
        const term = weight * (x[column * from.feature + n * from.vector] as number);
        y[target] = (y[target] as number) + term;
        magnitude[target] = (magnitude[target] as number) + Math.abs(term);
      }
    }
  }
  return { y, magnitude };
}

/** Both products sum at most `c` non-zero terms in float64; `unit` rounds the result once more. */
function expectClose(
  actual: FloatArray,
  { y, magnitude }: { y: Float64Array; magnitude: Float64Array },
  terms: number,
  unit: number,
): void {
  expect(actual.length).toBe(y.length);
  const wrong = y.findIndex((expected, index) => {
    const bound =
      2 * terms * Number.EPSILON * (magnitude[index] as number) + unit * Math.abs(expected);
    return !(Math.abs((actual[index] as number) - expected) <= bound);
  });
  expect(wrong, `${actual[wrong]} instead of ${y[wrong]}`).toBe(-1);
}

describe("the reference product", () => {
  it.each<[FloatType, number]>([
    ["float32", 2 ** -24],
    ["float64", 0],
  ])(
    "equals the dense product in %s, whatever the pattern, batch and layout",
    (dtype, unit) => {
      fc.assert(
        fc.property(cases, ({ pattern, shape, seed }) => {
          const factor = KroneckerSparse.random(pattern, { seed, dtype });
          const x = draw(uniform(seed + 1), pattern.cols * shape.batch, 1, dtype);
          const y = referenceProduct(factor, x, shape);
          expect(y.constructor).toBe(x.constructor);
          expectClose(y, denseProduct(factor, x, shape), pattern.c, unit);
        }),
      );
    },
    30_000,
  );

  it("rounds float32 once: the result is the float64 result rounded", () => {
    fc.assert(
      fc.property(cases, ({ pattern, shape, seed }) => {
        const factor = KroneckerSparse.random(pattern, { seed });
        const x = draw(uniform(seed + 1), pattern.cols * shape.batch, 1, "float32");
        const exact = referenceProduct(factor, Float64Array.from(x), shape);
        expect(referenceProduct(factor, x, shape)).toEqual(Float32Array.from(exact));
      }),
    );
  });

  it("fills the output that it is given, whatever lies there, and returns it", () => {
    const factor = new KroneckerSparse(new Pattern(1, 2, 2, 1), Float32Array.of(1, 2, 3, 4));
    const output = new Float64Array(2).fill(Number.NaN);
    const shape = { batch: 1, layout: "batch-last" } as const;
    expect(referenceProduct(factor, Float32Array.of(10, 1), shape, output)).toBe(output);
    expect([...output]).toEqual([12, 34]);
  });

  it("lets non-finite inputs reach their own outputs only", () => {
    const factor = new KroneckerSparse(new Pattern(2, 1, 1, 2), new Float32Array(4).fill(1));
    const x = Float32Array.of(Number.NaN, 1, Number.POSITIVE_INFINITY, 2);
    expect([...referenceProduct(factor, x, { batch: 1, layout: "batch-first" })]).toEqual([...x]);
  });

  it("refuses lengths that do not fit, with the figures", () => {
    const factor = KroneckerSparse.random(new Pattern(2, 3, 4, 5), { seed: 0 });
    const shape = { batch: 2, layout: "batch-first" } as const;
    const refusal = (code: string, message: string): unknown =>
      expect.objectContaining({ code, message: expect.stringContaining(message) });
    expect(() => referenceProduct(factor, new Float32Array(81), shape)).toThrow(
      refusal("INPUT_LENGTH", "81 elements, but 2 vectors of 40 make 80"),
    );
    expect(() =>
      referenceProduct(factor, new Float32Array(80), shape, new Float32Array(59)),
    ).toThrow(refusal("OUTPUT_LENGTH", "59 elements, but 2 vectors of 30 make 60"));
    expect(() => referenceProduct(factor, new Float32Array(0), { ...shape, batch: 0 })).toThrow(
      refusal("BATCH_INVALID", "is 0"),
    );
  });

  it("refuses an output over its input, but not one beside it", () => {
    const factor = KroneckerSparse.random(new Pattern(1, 2, 2, 1), { seed: 0 });
    const memory = new Float32Array(4);
    const shape = { batch: 1, layout: "batch-first" } as const;
    const x = memory.subarray(0, 2);
    expect(() => referenceProduct(factor, x, shape, memory.subarray(1, 3))).toThrow(
      expect.objectContaining({ code: "OUTPUT_OVERLAPS_INPUT" }),
    );
    expect(referenceProduct(factor, x, shape, memory.subarray(2))).toEqual(new Float32Array(2));
  });
});
