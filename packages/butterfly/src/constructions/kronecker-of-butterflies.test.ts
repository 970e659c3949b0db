import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Butterfly } from "../matrix/butterfly.ts";
import { ComplexButterfly } from "../matrix/complex-butterfly.ts";
import { PermutedButterfly } from "../matrix/permuted-butterfly.ts";
import { Chain } from "../pattern/chain.ts";
import { type Entry, errorOf } from "../testing/matrix-entries.ts";
import {
  ButterflyProduct,
  cosine,
  evenThenOdd,
  fourier,
  haar,
  hadamard,
  hartley,
  kroneckerOfButterflies,
  RealTransform,
  realButterfly,
  reversal,
  sine,
} from "./index.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

/** The entries of a Kronecker product. */
function kronecker(parts: readonly { rows: number; cols: number; dense(): Float64Array }[]): Entry {
  const matrices = parts.map((part) => ({
    ...part,
    rows: part.rows,
    cols: part.cols,
    values: part.dense(),
  }));
  return (row, column) => {
    let [i, j, value] = [row, column, 1];
    for (const { rows, cols, values } of matrices.toReversed()) {
      value *= values[(i % rows) * cols + (j % cols)] as number;
      [i, j] = [Math.floor(i / rows), Math.floor(j / cols)];
    }
    return value;
  };
}

describe("Kronecker products of butterflies", () => {
  const radices = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })), {
      minLength: 1,
      maxLength: 3,
    })
    .map((pairs) =>
      Chain.ofRadices({ rows: pairs.map(([row]) => row), cols: pairs.map(([, col]) => col) }),
    );

  it("are one chain of all their factors, for any chains, transposed or not", () => {
    fc.assert(
      fc.property(
        fc.array(radices, { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        (chains, turn) => {
          const parts = chains.map((chain, seed) => {
            const matrix = Butterfly.random(chain, { seed, dtype: "float64" });
            const permuted = new PermutedButterfly(matrix, {
              left: reversal(chain.rows),
              right: evenThenOdd(chain.cols),
            });
            return turn ? permuted.transpose() : permuted;
          });
          const product = kroneckerOfButterflies(parts);
          expect(product.matrix.chain.length).toBe(
            chains.reduce((sum, { length }) => sum + length, 0),
          );
          const { rows, cols } = product;
          expect(errorOf(product.dense(), rows, cols, kronecker(parts))).toBeLessThan(1e-13);
        },
      ),
      { numRuns: 25 },
    );
  });

  it("are transforms of two dimensions", () => {
    for (const [height, width] of [
      [4, 6],
      [5, 7],
      [3, 8],
      [9, 2],
    ] as const) {
      const product = kroneckerOfButterflies([fourier(height), fourier(width)]);
      const { rows } = product;
      const dense = product.dense();
      const angle: Entry = (k, j) =>
        2 *
        Math.PI *
        ((((Math.floor(k / width) * Math.floor(j / width)) % height) / height +
          (((k % width) * (j % width)) % width) / width) %
          1);
      expect(errorOf(dense.re, rows, rows, (k, j) => Math.cos(angle(k, j)))).toBeLessThan(1e-13);
      expect(errorOf(dense.im, rows, rows, (k, j) => -Math.sin(angle(k, j)))).toBeLessThan(1e-13);
      expect(product.matrix.chain.transposed).toBe(false);
    }
    // Blocks of an inner transform are stored once for all rows.
    const signs = kroneckerOfButterflies([hadamard(8), hadamard(16)]);
    expect(signs.matrix.factors.map(({ values }) => values.length)).toEqual(
      Array.from({ length: 7 }, () => 4),
    );
  });

  it("are cosine transforms of two dimensions, of real butterflies", () => {
    for (const [height, width] of [
      [8, 8],
      [3, 10],
      [7, 4],
    ] as const) {
      const [columns, rows] = [cosine(height, 2), cosine(width, 2)];
      const product = kroneckerOfButterflies([realButterfly(columns), realButterfly(rows)]);
      const entry: Entry = (k, j) =>
        4 *
        Math.cos(
          (Math.PI * Math.floor(k / width) * (2 * Math.floor(j / width) + 1)) / (2 * height),
        ) *
        Math.cos((Math.PI * (k % width) * (2 * (j % width) + 1)) / (2 * width));
      const n = height * width;
      expect(errorOf(product.dense(), n, n, entry)).toBeLessThan(1e-13);
    }
  });

  it("are plain products where they are not chainable", () => {
    const turned = new PermutedButterfly(hadamard(4).transpose());
    for (const second of [turned, haar(12)]) {
      const parts = [new PermutedButterfly(hadamard(4)), second];
      const product = kroneckerOfButterflies(parts);
      expect(product.matrix.chain.chainable).toBe(false);
      const { rows, cols } = product;
      expect(errorOf(product.dense(), rows, cols, kronecker(parts))).toBeLessThan(1e-13);
    }
  });

  it("refuse what is nothing, and what is too large", () => {
    expect(() => kroneckerOfButterflies([])).toThrow(code("CHAIN_EMPTY"));
    const complex = ComplexButterfly.fromReal(hadamard(4));
    expect(() => kroneckerOfButterflies<never>([hadamard(4), complex] as never)).toThrow(
      code("OPTION_INVALID"),
    );
    expect(() => kroneckerOfButterflies([hadamard(2 ** 12), hadamard(2 ** 12)])).toThrow(
      code("CONSTRUCTION_SIZE"),
    );
    const dense = Butterfly.random(Chain.monarch(2048), { seed: 1, dtype: "float64" });
    expect(() => kroneckerOfButterflies([dense, dense])).toThrow(code("CONSTRUCTION_SIZE"));
  });
});

describe("the real part of a complex butterfly", () => {
  it("is a real butterfly, of any radices, transposed or not", () => {
    for (const n of [1, 2, 3, 4, 7, 8, 12, 30, 31, 64]) {
      for (const transform of [
        cosine(n, 2),
        cosine(n, 3, { orthonormal: true }),
        sine(n, 2),
        hartley(n),
        ...(n % 2 === 0 ? [cosine(n, 4)] : []),
      ]) {
        const real = realButterfly(transform);
        const dense = transform.dense();
        expect(errorOf(real.dense(), n, n, (i, j) => dense[i * n + j] as number)).toBeLessThan(
          1e-14,
        );
        const turned = realButterfly(transform.transpose()).dense();
        expect(errorOf(turned, n, n, (i, j) => dense[j * n + i] as number)).toBeLessThan(1e-14);
      }
    }
    expect(realButterfly(hartley(8)).matrix.chain.ranks).toEqual([2, 2]);
  });

  it("is refused for a product of several", () => {
    expect(() => realButterfly(cosine(101, 2))).toThrow(code("OPTION_INVALID"));
    expect(() => realButterfly(cosine(5, 1))).toThrow(code("OPTION_INVALID"));
    expect(() => realButterfly({} as RealTransform)).toThrow(code("OPTION_INVALID"));
    const plain = kroneckerOfButterflies([hadamard(4), hadamard(4).transpose()]);
    const stage = plain.map(ComplexButterfly.fromReal);
    const transform = new RealTransform(new ButterflyProduct([stage]));
    expect(() => realButterfly(transform)).toThrow(code("CHAIN_NOT_CHAINABLE"));
  });
});
