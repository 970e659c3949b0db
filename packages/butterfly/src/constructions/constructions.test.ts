import { describe, expect, it } from "vitest";
import { referenceProduct } from "../matrix/reference-product.ts";
import type { Complex } from "../numeric/complex.ts";
import type { FloatArray } from "../numeric/float-array.ts";
import { uniform } from "../numeric/random.ts";
import {
  circulant,
  convolution,
  cosine,
  fourier,
  hadamard,
  hankel,
  hartley,
  inverseFourier,
  kroneckerProduct,
  permutation,
  rootOfUnity,
  sine,
  toeplitz,
  walsh,
} from "./index.ts";

type Numbers = Complex<Float64Array>;
type Entry = (row: number, column: number) => number;

const SIZES = [2, 4, 8, 32, 64];
const LARGE = 2 ** 16;
const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const draw = (length: number, seed: number): Float64Array =>
  Float64Array.from({ length }, uniform(seed));
const drawComplex = (length: number, seed: number): Numbers => ({
  re: draw(length, seed),
  im: draw(length, seed + 1000),
});

/** The largest error of a dense matrix against its definition, over its largest entry or `least`. */
function errorOf(dense: FloatArray, rows: number, cols: number, entry: Entry, least = 0): number {
  expect(dense.length).toBe(rows * cols);
  let [error, largest] = [0, least];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < cols; column++) {
      const expected = entry(row, column);
      error = Math.max(error, Math.abs((dense[row * cols + column] as number) - expected));
      largest = Math.max(largest, Math.abs(expected));
    }
  }
  return error / largest;
}

/** The entries of the real transforms, as SciPy defines them. */
const DEFINITIONS: Record<string, (n: number) => Entry> = {
  "cosine 2": (n) => (k, j) => 2 * Math.cos((Math.PI * ((k * (2 * j + 1)) % (4 * n))) / (2 * n)),
  "cosine 3": (n) => (k, j) =>
    (j === 0 ? 1 : 2) * Math.cos((Math.PI * ((j * (2 * k + 1)) % (4 * n))) / (2 * n)),
  "cosine 4": (n) => (k, j) =>
    2 * Math.cos((Math.PI * (((2 * j + 1) * (2 * k + 1)) % (8 * n))) / (4 * n)),
  "sine 2": (n) => (k, j) =>
    2 * Math.sin((Math.PI * (((k + 1) * (2 * j + 1)) % (4 * n))) / (2 * n)),
  "sine 3": (n) => (k, j) =>
    (j === n - 1 ? 1 : 2) * Math.sin((Math.PI * (((j + 1) * (2 * k + 1)) % (4 * n))) / (2 * n)),
  "sine 4": (n) => (k, j) =>
    2 * Math.sin((Math.PI * (((2 * j + 1) * (2 * k + 1)) % (8 * n))) / (4 * n)),
  hartley: (n) => (k, j) => {
    const angle = (2 * Math.PI * ((j * k) % n)) / n;
    return Math.cos(angle) + Math.sin(angle);
  },
};

const build = (name: string, n: number, orthonormal = false) => {
  const [kind, type] = name.split(" ");
  const options = { orthonormal };
  if (kind === "hartley") return hartley(n, options);
  return (kind === "cosine" ? cosine : sine)(n, Number(type) as 2 | 3 | 4, options);
};

describe.each(Object.entries(DEFINITIONS))("%s", (name, definition) => {
  it("is its definition", () => {
    for (const n of SIZES) {
      expect(errorOf(build(name, n).dense(), n, n, definition(n))).toBeLessThan(
        1e-15 * Math.log2(n) + 1e-15,
      );
    }
  });

  it("is orthogonal when that is asked for", () => {
    for (const n of SIZES) {
      const transform = build(name, n, true);
      const dense = transform.dense();
      const product = referenceProduct(transform.transpose(), dense, {
        batch: n,
        layout: "batch-last",
      });
      expect(errorOf(product, n, n, (i, j) => (i === j ? 1 : 0))).toBeLessThan(1e-14);
      // Beside the scale of rows or columns it is the same.
      const plain = definition(n)(1, 0);
      expect(Math.sign(dense[n] as number)).toBe(Math.sign(plain));
    }
  });

  it("holds for 2^16 points, in double and in single precision", () => {
    const x = draw(LARGE, 1);
    const transform = build(name, LARGE);
    const shape = { batch: 1, layout: "batch-first" } as const;
    const y = referenceProduct(transform, x, shape);
    const single = referenceProduct(transform.convert("float32"), Float32Array.from(x), shape);
    const entry = definition(LARGE);
    const norm = Math.sqrt(LARGE);
    for (const row of [0, 1, 12345, LARGE / 2, LARGE - 1]) {
      const expected = x.reduce((sum, value, column) => sum + value * entry(row, column), 0);
      expect(Math.abs((y[row] as number) - expected)).toBeLessThan(1e-13 * norm);
      expect(Math.abs((single[row] as number) - expected)).toBeLessThan(1e-6 * norm);
    }
  });
});

describe("roots of unity", () => {
  it("are exact at multiples of an eighth of a turn, and accurate elsewhere", () => {
    expect([0, 2, 4, 6].map((k) => rootOfUnity(k, 8))).toEqual([
      { re: 1, im: 0 },
      { re: 0, im: -1 },
      { re: -1, im: 0 },
      { re: 0, im: 1 },
    ]);
    for (const k of [-13, -1, 1, 5, 77, 100]) {
      const { re, im } = rootOfUnity(k, 100);
      expect(re).toBeCloseTo(Math.cos((2 * Math.PI * k) / 100), 14);
      expect(im).toBeCloseTo(-Math.sin((2 * Math.PI * k) / 100), 14);
    }
  });
});

describe("the Fourier transform", () => {
  it("is its definition, and the inverse inverts it", () => {
    for (const n of SIZES) {
      const { re, im } = fourier(n).dense();
      const angle: Entry = (k, j) => (2 * Math.PI * ((j * k) % n)) / n;
      expect(errorOf(re, n, n, (k, j) => Math.cos(angle(k, j)))).toBeLessThan(1e-15 * n);
      expect(errorOf(im, n, n, (k, j) => -Math.sin(angle(k, j)), 1)).toBeLessThan(1e-15 * n);
      const back = referenceProduct(
        inverseFourier(n),
        { re, im },
        { batch: n, layout: "batch-last" },
      );
      expect(errorOf(back.re, n, n, (i, j) => (i === j ? 1 : 0))).toBeLessThan(1e-15);
      expect(Math.max(...back.im.map(Math.abs))).toBeLessThan(1e-15);
    }
  });

  it("is symmetric, and stores each distinct block once", () => {
    const transform = fourier(64);
    const turned = transform.transpose().dense();
    const dense = transform.dense();
    expect(errorOf(turned.re, 64, 64, (k, j) => dense.re[k * 64 + j] as number)).toBeLessThan(
      1e-15,
    );
    const stored = transform.matrix.factors.map(({ re }) => re.values.length);
    expect(stored).toEqual([128, 64, 32, 16, 8, 4]);
  });

  it("of 2^16 points agrees with the definition, and its inverse brings the input back", () => {
    const x = drawComplex(LARGE, 3);
    const shape = { batch: 1, layout: "batch-first" } as const;
    const y = referenceProduct(fourier(LARGE), x, shape);
    for (const k of [0, 1, 4711, LARGE - 1]) {
      let [re, im] = [0, 0];
      for (let j = 0; j < LARGE; j++) {
        const root = rootOfUnity((j * k) % LARGE, LARGE);
        re += (x.re[j] as number) * root.re - (x.im[j] as number) * root.im;
        im += (x.re[j] as number) * root.im + (x.im[j] as number) * root.re;
      }
      expect(Math.abs((y.re[k] as number) - re)).toBeLessThan(1e-10);
      expect(Math.abs((y.im[k] as number) - im)).toBeLessThan(1e-10);
    }
    const back = referenceProduct(inverseFourier(LARGE), y, shape);
    expect(errorOf(back.re, 1, LARGE, (_, j) => x.re[j] as number)).toBeLessThan(1e-14);
    expect(errorOf(back.im, 1, LARGE, (_, j) => x.im[j] as number)).toBeLessThan(1e-14);
  });
});

describe("Hadamard matrices", () => {
  const sign: Entry = (row, column) => {
    let bits = row & column;
    for (let shift = 16; shift >= 1; shift /= 2) bits ^= bits >>> shift;
    return 1 - 2 * (bits & 1);
  };

  it("are signs by the parity of common bits, exactly, with four numbers for each factor", () => {
    for (const n of SIZES) {
      expect(errorOf(hadamard(n).dense(), n, n, sign)).toBe(0);
      expect(hadamard(n).factors.map(({ values }) => values.length)).toEqual(
        Array.from({ length: Math.log2(n) }, () => 4),
      );
      const scaled = hadamard(n, { orthonormal: true }).dense();
      expect(errorOf(scaled, n, n, (i, j) => sign(i, j) / Math.sqrt(n))).toBeLessThan(1e-14);
    }
    const y = referenceProduct(hadamard(LARGE), draw(LARGE, 4), {
      batch: 1,
      layout: "batch-first",
    });
    const expected = draw(LARGE, 4).reduce((sum, value, j) => sum + value * sign(54321, j), 0);
    expect(Math.abs((y[54321] as number) - expected)).toBeLessThan(1e-10);
  });

  it("in sequency order have a change of sign more in each row", () => {
    const n = 64;
    const dense = walsh(n).dense();
    for (let row = 0; row < n; row++) {
      const signs = dense.subarray(row * n, (row + 1) * n);
      const changes = signs.filter((value, j) => j > 0 && value !== signs[j - 1]).length;
      expect(changes).toBe(row);
    }
  });
});

/** Real and complex numbers of some length, with their entries. */
const KINDS = [
  ["real", (length: number, seed: number) => draw(length, seed)],
  ["complex", (length: number, seed: number) => drawComplex(length, seed)],
] as const;

describe.each(KINDS)("matrices of %s diagonals", (_, numbers) => {
  const parts = (values: FloatArray | Numbers): Numbers =>
    "re" in values
      ? values
      : { re: Float64Array.from(values), im: new Float64Array(values.length) };
  const check = (
    dense: FloatArray | Numbers,
    rows: number,
    cols: number,
    from: FloatArray | Numbers,
    index: Entry,
  ): void => {
    const expected = parts(from);
    const actual = parts(dense);
    for (const part of ["re", "im"] as const) {
      if (expected[part].every((value) => value === 0)) continue;
      const entry: Entry = (i, j) => expected[part][index(i, j)] ?? 0;
      expect(errorOf(actual[part], rows, cols, entry)).toBeLessThan(1e-14);
    }
  };

  it("are circulant by their first column", () => {
    for (const n of SIZES) {
      const column = numbers(n, n);
      check(circulant(column).dense(), n, n, column, (i, j) => (i - j + n) % n);
    }
  });

  it.each([
    [1, 1],
    [5, 5],
    [3, 9],
    [17, 6],
    [64, 64],
  ])("are Toeplitz and Hankel of %i x %i", (rows, cols) => {
    const [column, row] = [numbers(rows, 7), numbers(cols, 8)];
    const all = parts(column);
    const above = parts(row);
    const joined = {
      re: Float64Array.of(...all.re, ...above.re),
      im: Float64Array.of(...all.im, ...above.im),
    };
    const diagonal: Entry = (i, j) => (i >= j ? i - j : rows + j - i);
    check(toeplitz(column, row).dense(), rows, cols, joined, diagonal);
    const anti: Entry = (i, j) => (i + j < rows ? i + j : rows + i + j - rows + 1);
    check(hankel(column, row).dense(), rows, cols, joined, anti);
  });

  it.each(["full", "same", "valid", "circular"] as const)("are convolutions (%s)", (mode) => {
    for (const [n, length] of [
      [1, 1],
      [10, 3],
      [16, 4],
      [13, 13],
    ] as const) {
      const kernel = numbers(length, n);
      const [rows, start] = {
        full: [n + length - 1, 0],
        same: [n, Math.floor((length - 1) / 2)],
        valid: [n - length + 1, length - 1],
        circular: [n, 0],
      }[mode] as [number, number];
      const index: Entry = (i, j) =>
        mode === "circular" ? (i - j + n) % n : start + i - j < 0 ? length : start + i - j;
      check(convolution(kernel, n, mode).dense(), rows, n, kernel, index);
    }
  });
});

describe("other constructions", () => {
  it("are Kronecker products, rectangular ones too", () => {
    const shapes = [
      [2, 3],
      [4, 1],
      [1, 2],
      [3, 3],
    ] as const;
    const matrices = shapes.map(([rows, cols], seed) => ({
      rows,
      cols,
      values: draw(rows * cols, seed),
    }));
    const product = kroneckerProduct(matrices);
    const entry: Entry = (row, column) => {
      let [i, j, value] = [row, column, 1];
      for (const { rows, cols, values } of matrices.toReversed()) {
        value *= values[(i % rows) * cols + (j % cols)] as number;
        [i, j] = [Math.floor(i / rows), Math.floor(j / cols)];
      }
      return value;
    };
    expect(errorOf(product.dense(), 24, 18, entry)).toBeLessThan(1e-15);
    expect(product.factors.map(({ values }) => values.length)).toEqual([6, 4, 2, 9]);
  });

  it("refuse sizes that they do not have", () => {
    for (const refused of [
      () => fourier(6),
      () => hadamard(1),
      () => cosine(0, 2),
      () => sine(3, 4),
      () => hartley(2 ** 40),
      () => circulant(new Float64Array(12)),
      () => toeplitz(new Float64Array(0), new Float64Array(3)),
      () => convolution(new Float64Array(3), 2, "valid"),
      () => convolution(new Float64Array(3), 2.5),
      () => permutation(Uint32Array.of(0, 1, 2)),
    ]) {
      expect(refused).toThrow(code("CONSTRUCTION_SIZE"));
    }
    expect(() => permutation(Uint32Array.of(0, 1, 1, 2))).toThrow(code("PERMUTATION_INVALID"));
  });
});
