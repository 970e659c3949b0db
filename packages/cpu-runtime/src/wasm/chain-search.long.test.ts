import { Chain } from "@papilio/butterfly";
import { factorize, padMatrix, searchChains } from "@papilio/butterfly/factorization";
import { uniform } from "@papilio/butterfly/numeric";
import { describe, expect, it } from "vitest";
import { factorizationKernels } from "./factorization-kernels.ts";

/** The five-point stencil of convection and diffusion on a grid of `side x side`: sparse and not symmetric. */
function stencil(side: number): Float64Array {
  const n = side * side;
  const next = uniform(7);
  const values = new Float64Array(n * n);
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) {
      for (const [di, dj, weight] of [
        [0, 0, 4],
        [1, 0, -1.4],
        [-1, 0, -0.6],
        [0, 1, -1.2],
        [0, -1, -0.8],
      ] as const) {
        const [p, q] = [i + di, j + dj];
        if (p < 0 || q < 0 || p >= side || q >= side) continue;
        values[(i * side + j) * n + p * side + q] = weight * (1 + 0.2 * next());
      }
    }
  }
  return values;
}

/** A band of entries of any scale, symmetric and, by its diagonal, positive definite. */
function stiffness(n: number, width: number): Float64Array {
  const next = uniform(8);
  const values = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = Math.max(0, i - width); j < i; j++) {
      if (next() < 0.2) continue;
      const value = 10 ** (3 * next()) * next();
      values[i * n + j] = value;
      values[j * n + i] = value;
    }
  }
  for (let i = 0; i < n; i++) {
    const row = values.subarray(i * n, (i + 1) * n);
    row[i] = 1 + row.reduce((sum, value) => sum + Math.abs(value), 0);
  }
  return values;
}

/** Seconds of the limit, and how far beyond it a block under way may take on a machine with other work. */
const [LIMIT, MARGIN] = [45, 15];

describe.each([
  { name: "a stencil of 2500", n: 2500, padded: 2500, make: () => stencil(50) },
  {
    name: "a band of 2003, which is prime",
    n: 2003,
    padded: 2048,
    make: () => stiffness(2003, 60),
  },
])("the search of chains for $name", ({ n, padded, make }) => {
  const dense = make();
  const kernels = factorizationKernels();
  const chain = Chain.monarch(padded);
  const maxParameters = chain.nonZeros / n ** 2;

  it("ends in its time, with no more values and no larger error than a fixed chain", async () => {
    const [own, larger] = [
      { rows: n, cols: n },
      { rows: padded, cols: padded },
    ];
    const matrix = padMatrix(dense, own, larger);
    const fixed = await factorize(matrix, chain, { kernels, bounds: false });
    const { best, seconds } = await searchChains(dense, n, n, {
      ...{ timeLimit: LIMIT, pad: true, maxParameters, kernels },
    });
    expect(seconds).toBeLessThan(LIMIT + MARGIN);
    expect(best?.matrix.chain.nonZeros).toBeLessThanOrEqual(chain.nonZeros);
    expect(best?.error).toBeLessThanOrEqual(fixed.error);
  });

  it("ends in a short time too, with what it has by then", async () => {
    const { best, seconds } = await searchChains(dense, n, n, {
      ...{ timeLimit: 4, pad: true, kernels },
    });
    expect(seconds).toBeLessThan(4 + MARGIN);
    expect(best?.error).toBeLessThan(1);
  });
});
