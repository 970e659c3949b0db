import { describe, expect, it } from "vitest";
import { referenceProduct } from "../matrix/reference-product.ts";
import { draw, type Entry, errorOf, SIZES } from "../testing/matrix-entries.ts";
import { cosine, hartley, sine, type TransformType } from "./index.ts";

/** The entries of the real transforms, as SciPy defines them. */
const DEFINITIONS: Record<string, (n: number) => Entry> = {
  "cosine 1": (n) => (k, j) =>
    (j === 0 || j === n - 1 ? 1 : 2) * Math.cos((Math.PI * ((j * k) % (2 * n - 2))) / (n - 1)),
  "cosine 2": (n) => (k, j) => 2 * Math.cos((Math.PI * ((k * (2 * j + 1)) % (4 * n))) / (2 * n)),
  "cosine 3": (n) => (k, j) =>
    (j === 0 ? 1 : 2) * Math.cos((Math.PI * ((j * (2 * k + 1)) % (4 * n))) / (2 * n)),
  "cosine 4": (n) => (k, j) =>
    2 * Math.cos((Math.PI * (((2 * j + 1) * (2 * k + 1)) % (8 * n))) / (4 * n)),
  "sine 1": (n) => (k, j) =>
    2 * Math.sin((Math.PI * (((j + 1) * (k + 1)) % (2 * n + 2))) / (n + 1)),
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
  return (kind === "cosine" ? cosine : sine)(n, Number(type) as TransformType, options);
};

describe.each(Object.entries(DEFINITIONS))("%s", (name, definition) => {
  it("is its definition", () => {
    for (const n of SIZES) {
      const error = errorOf(build(name, n).dense(), n, n, definition(n), 1);
      // A chirp is longer, and its sums are of numbers as large as others.
      expect(error).toBeLessThan(n < 97 ? 1e-15 * n : 1e-14);
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

  it("holds for thousands of points, in double and in single precision", () => {
    // A prime for type I, which takes twice as many; 2^16 points are those of the Fourier transform.
    const n = name.endsWith("1") ? 2053 : 2 ** 13;
    const x = draw(n, 1);
    const transform = build(name, n);
    const shape = { batch: 1, layout: "batch-first" } as const;
    const y = referenceProduct(transform, x, shape);
    const single = referenceProduct(transform.convert("float32"), Float32Array.from(x), shape);
    const entry = definition(n);
    const norm = Math.sqrt(n);
    for (const row of [0, 1, 1234, n >> 1, n - 1]) {
      const expected = x.reduce((sum, value, column) => sum + value * entry(row, column), 0);
      expect(Math.abs((y[row] as number) - expected)).toBeLessThan(1e-13 * norm);
      expect(Math.abs((single[row] as number) - expected)).toBeLessThan(1e-6 * norm);
    }
  });
});
