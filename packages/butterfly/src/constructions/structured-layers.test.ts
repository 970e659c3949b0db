import { expect, it } from "vitest";
import type { FloatArray } from "../numeric/float-array.ts";
import { DYADIC, draw, type Entry, errorOf, SIZES } from "../testing/matrix-entries.ts";
import { acdc, evenThenOddDescending, fastfood, hadamardDiagonals } from "./index.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

function dense(n: number, entry: Entry): number[] {
  return Array.from({ length: n * n }, (_, index) => entry(Math.floor(index / n), index % n));
}

function product(n: number, ...matrices: readonly (readonly number[])[]): number[] {
  return matrices.reduce((left, right) =>
    dense(n, (i, j) => {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += (left[i * n + k] as number) * (right[k * n + j] as number);
      return sum;
    }),
  ) as number[];
}

const diagonal = (values: FloatArray): number[] =>
  dense(values.length, (i, j) => (i === j ? (values[i] as number) : 0));

/** Sylvester's construction. */
function sylvester(n: number): number[] {
  if (n === 1) return [1];
  const half = n / 2;
  const smaller = sylvester(half);
  return dense(n, (i, j) => {
    const value = smaller[(i % half) * half + (j % half)] as number;
    return i >= half && j >= half ? -value : value;
  });
}

function expectMatrix(actual: Float64Array, n: number, expected: readonly number[]): void {
  expect(errorOf(actual, n, n, (i, j) => expected[i * n + j] as number)).toBeLessThan(1e-13);
}

it("Hadamard matrices times diagonals are their products", () => {
  for (const n of DYADIC) {
    const diagonals = [1, 2, 3].map((seed) => draw(n, seed + n));
    const expected = diagonals.flatMap((values) => [sylvester(n), diagonal(values)]);
    expectMatrix(hadamardDiagonals(diagonals).dense(), n, product(n, ...expected));
    const scaled = hadamardDiagonals(diagonals.slice(1), { orthonormal: true }).dense();
    const whole = product(n, ...expected.slice(2));
    expectMatrix(
      scaled,
      n,
      whole.map((value) => value / n),
    );
  }
  expect(() => hadamardDiagonals([])).toThrow(code("CHAIN_EMPTY"));
  expect(() => hadamardDiagonals([draw(4, 1), draw(8, 1)])).toThrow(code("CONSTRUCTION_SIZE"));
  expect(() => hadamardDiagonals([draw(6, 1)])).toThrow(code("CONSTRUCTION_SIZE"));
});

it("Fastfood is the product of its parts", () => {
  for (const n of DYADIC) {
    const [scale, gaussian, signs] = [draw(n, 1), draw(n, 2), draw(n, 3).map(Math.sign)] as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const permutation = evenThenOddDescending(n);
    const exchanged = dense(n, (i, j) => (permutation[i] === j ? 1 : 0));
    const [first, second] = [sylvester(n), sylvester(n)];
    const parts = [diagonal(scale), first, diagonal(gaussian), exchanged, second, diagonal(signs)];
    const made = fastfood({ scale, gaussian, permutation, signs });
    expectMatrix(made.dense(), n, product(n, ...parts));
  }
  const four = draw(4, 1);
  const parts = {
    scale: four,
    gaussian: four,
    permutation: Uint32Array.of(0, 1, 2, 3),
    signs: four,
  };
  expect(() => fastfood({ ...parts, signs: draw(8, 1) })).toThrow(code("CONSTRUCTION_SIZE"));
  expect(() => fastfood({ ...parts, permutation: Uint32Array.of(0, 0, 1, 2) })).toThrow(
    code("PERMUTATION_INVALID"),
  );
  expect(() => fastfood({ ...parts, scale: [] as never })).toThrow(code("ARRAY_TYPE"));
});

it("ACDC is a cosine transform between diagonals, and its inverse, of any size", () => {
  for (const n of [1, ...SIZES]) {
    const cosine = dense(
      n,
      (k, j) =>
        Math.sqrt((k === 0 ? 1 : 2) / n) *
        Math.cos((Math.PI * ((k * (2 * j + 1)) % (4 * n))) / (2 * n)),
    );
    const inverse = dense(n, (i, j) => cosine[j * n + i] as number);
    const layers = [1, 2].map((seed) => ({ a: draw(n, seed), d: draw(n, seed + 9) }));
    const parts = layers
      .toReversed()
      .flatMap(({ a, d }) => [inverse, diagonal(d), cosine, diagonal(a)]);
    expectMatrix(acdc(layers).dense(), n, product(n, ...parts));
  }
  expect(() => acdc([])).toThrow(code("CHAIN_EMPTY"));
  expect(() => acdc([{ a: draw(3, 1), d: draw(4, 1) }])).toThrow(code("CONSTRUCTION_SIZE"));
  expect(() => acdc([{ a: draw(4099, 1), d: draw(4099, 1) }])).toThrow(code("CONSTRUCTION_SIZE"));
});
