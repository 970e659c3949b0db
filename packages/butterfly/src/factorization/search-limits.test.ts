import { describe, expect, it } from "vitest";
import { Butterfly } from "../matrix/butterfly.ts";
import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import type { AnyButterfly } from "../matrix/permuted-butterfly.ts";
import { uniform } from "../numeric/random.ts";
import type { ChainPoint } from "./chain-front.ts";
import { searchChains } from "./search.ts";

/** `|A - B| / |A|` by dense entries in double precision. */
function distance(a: ArrayLike<number>, matrix: AnyButterfly): number {
  const b = matrix.convert("float64").dense() as Float64Array;
  let [error, norm] = [0, 0];
  for (let index = 0; index < a.length; index++) {
    error += ((a[index] as number) - (b[index] as number)) ** 2;
    norm += (a[index] as number) ** 2;
  }
  return Math.sqrt(error / norm);
}

/** Singular values that fall by `ratio` each, between random orthogonal directions. */
function smooth(n: number, ratio: number): Float64Array {
  const next = uniform(4);
  const [u, v] = [0, 1].map(() => Float64Array.from({ length: n * n }, next)) as [
    Float64Array,
    Float64Array,
  ];
  const values = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        const at = i * n + j;
        values[at] =
          (values[at] as number) + ratio ** k * (u[k * n + i] as number) * (v[k * n + j] as number);
      }
    }
  }
  return values;
}

/** The five-point stencil on a grid of `side x side`, with coefficients that vary. */
function grid(side: number): Float64Array {
  const n = side * side;
  const next = uniform(7);
  const values = new Float64Array(n * n);
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) {
      for (const [di, dj] of [
        [0, 0],
        [1, 0],
        [-1, 0],
        [0, 1],
        [0, -1],
      ] as const) {
        const [p, q] = [i + di, j + dj];
        if (p < 0 || q < 0 || p >= side || q >= side) continue;
        values[(i * side + j) * n + p * side + q] = 2 + next();
      }
    }
  }
  return values;
}

describe("the largest error of a search", () => {
  it.each([3e-2, 1e-4, 1e-6, 3e-8])("of %d is that of the factors", async (maxError) => {
    const target = smooth(24, 0.1);
    const { best, front } = await searchChains(target, 24, 24, { maxError });
    const error = distance(target, best?.matrix as AnyButterfly);
    expect(error).toBeLessThanOrEqual(maxError);
    expect(best?.error).toBeCloseTo(error, 12);
    const fewer = front.filter(
      ({ parameters }) => parameters * 576 < (best?.matrix.chain.nonZeros as number),
    );
    for (const point of fewer) expect(point.error).toBeGreaterThan(maxError);
  });

  it("is that of single precision where the matrix is", async () => {
    const target = Float32Array.from(smooth(24, 0.1));
    const errors: number[] = [];
    for (const maxError of [1e-6, 3e-7, 1e-7]) {
      const { best } = await searchChains(target, 24, 24, { maxError });
      if (best === undefined) continue;
      errors.push(distance(target, best.matrix));
      expect(errors.at(-1)).toBeLessThanOrEqual(maxError);
    }
    expect(errors.length).toBeGreaterThan(0);
  });

  it("is compared with what is stored, where that is told", async () => {
    const target = smooth(24, 0.1);
    // Factors of twelve binary digits.
    const round = (value: number): number => {
      const unit = 2 ** (Math.floor(Math.log2(Math.abs(value) || 1)) - 12);
      return Math.round(value / unit) * unit;
    };
    const errorOf = (matrix: AnyButterfly): number => {
      const factors = (matrix as Butterfly<Float64Array>).factors;
      return distance(
        target,
        new Butterfly(
          factors.map(({ pattern, values }) => new KroneckerSparse(pattern, values.map(round))),
        ),
      );
    };
    const plain = (await searchChains(target, 24, 24, { maxError: 2e-3 })).best;
    const maxError = (plain?.error as number) * 1.0001;
    const { best } = await searchChains(target, 24, 24, { maxError, errorOf });
    expect(errorOf(plain?.matrix as AnyButterfly)).toBeGreaterThan(maxError);
    expect(errorOf(best?.matrix as AnyButterfly)).toBeLessThanOrEqual(maxError);
  });
});

describe("the time of a search", () => {
  it("ends it with what there is by then", async () => {
    const target = Float64Array.from({ length: 48 * 48 }, uniform(5));
    const start = performance.now();
    const none = await searchChains(target, 48, 48, { timeLimit: 0 });
    expect(none).toMatchObject({ best: undefined, isCutShort: true });
    const some = await searchChains(target, 48, 48, { timeLimit: 1e6 });
    expect(some.isCutShort).toBe(false);
    expect(some.best?.error).toBe(Math.min(...some.front.map(({ error }) => error)));
    expect(some.seconds).toBeGreaterThan(none.seconds);
    expect(some.seconds).toBeLessThan((performance.now() - start) / 1000);
    const code = expect.objectContaining({ code: "SEARCH_LIMIT" });
    await expect(searchChains(target, 48, 48, { timeLimit: -1 })).rejects.toThrow(code);
  });

  it("has the best by now, each better than the one before", async () => {
    const target = smooth(32, 0.5);
    for (const maxError of [undefined, 0.02]) {
      const found: ChainPoint[] = [];
      const { best } = await searchChains(target, 32, 32, {
        ...(maxError === undefined ? {} : { maxError }),
        onBest: ({ matrix, error }) => {
          found.push({ chain: matrix.chain, parameters: matrix.chain.nonZeros, error });
        },
      });
      expect(`${found.at(-1)?.chain}`).toBe(`${best?.matrix.chain}`);
      expect(found.length).toBeGreaterThan(0);
      for (const [index, { error, parameters }] of found.entries()) {
        const before = found[index - 1];
        if (before === undefined) continue;
        if (maxError === undefined) expect(error).toBeLessThan(before.error);
        else expect(parameters).toBeLessThan(before.parameters);
      }
    }
  });
});

describe("a sparse matrix", () => {
  it("is found to be a butterfly, by the fewest values that are exact", async () => {
    const { best, front } = await searchChains(grid(12), 144, 144);
    expect(best?.error).toBeLessThan(1e-14);
    expect(best?.matrix.chain.nonZeros).toBeLessThan(0.3 * 144 * 144);
    expect(`${front.at(-1)?.chain}`).toBe(`${best?.matrix.chain}`);
    expect(front.filter(({ error }) => error < 1e-12)).toHaveLength(1);
  });
});
