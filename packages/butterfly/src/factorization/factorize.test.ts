import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Butterfly } from "../matrix/butterfly.ts";
import { ComplexButterfly } from "../matrix/complex-butterfly.ts";
import type { Complex } from "../numeric/complex.ts";
import { uniform } from "../numeric/random.ts";
import { Chain } from "../pattern/chain.ts";
import { factorize } from "./factorize.ts";
import { factorizePermuted } from "./permuted.ts";
import { refine } from "./refine.ts";
import { relativeError as relativeErrorOf } from "./relative-error.ts";
import { type FactorizationTree, NAMED_TREES } from "./tree.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

function drawDense(chain: Chain, seed: number): Float64Array {
  return Float64Array.from({ length: chain.rows * chain.cols }, uniform(seed));
}

function drawComplex(chain: Chain, seed: number): Complex<Float64Array> {
  return { re: drawDense(chain, seed), im: drawDense(chain, seed + 1) };
}

/** `|A - B| / |A|` by their dense entries. */
function relativeError(a: Float64Array, b: Float64Array | Float32Array): number {
  const distance = Math.hypot(...a.map((value, index) => value - (b[index] as number)));
  return distance / Math.hypot(...a);
}

/** Chains of all kinds: squares, rectangles, ranks above 1, redundant and transposed ones. */
const CHAINS = [
  "1,4,4,4; 4,4,4,1",
  "1,3,2,8; 2,4,5,2; 10,2,3,1",
  "1,6,2,3; 1,6,4,1",
  "1,4,6,4; 2,12,5,1",
  "2,3,4,6; 4,4,3,3",
  "1,2,8,4; 1,32,4,1; 4,1,3,1",
  Chain.squareDyadic(32).toString(),
  Chain.squareDyadic(16).transpose().toString(),
  Chain.monarch({ rows: 24, cols: 36, blocks: 4, rank: 2 }).toString(),
].map((text) => Chain.parse(text));

const TREES = (length: number): FactorizationTree[] => {
  const custom = Array.from({ length }, (_, index) => index).reduce<FactorizationTree>(
    (tree, leaf) => (leaf === 0 ? 0 : [tree as number, leaf]),
    0,
  );
  return [...NAMED_TREES, custom];
};

describe.each(CHAINS.map((chain) => [chain.toString(), chain] as const))("chain %s", (_, chain) => {
  it("is recovered to rounding from its product, down every tree", async () => {
    const target = Butterfly.random(chain, { seed: 2, dtype: "float64" }).dense();
    for (const tree of TREES(chain.length)) {
      const { matrix, error, bounds } = await factorize(target, chain, { tree });
      expect(matrix.chain.toString()).toBe(chain.toString());
      expect(relativeError(target, matrix.dense())).toBeLessThan(1e-14);
      expect(error).toBeLessThan(1e-14);
      expect(bounds?.lower).toBeLessThan(1e-14);
      expect(bounds?.upper).toBeLessThan(1e-12);
    }
  });

  it("is recovered from complex values too", async () => {
    const target = ComplexButterfly.random(chain, { seed: 3, dtype: "float64" }).dense();
    for (const tree of TREES(chain.length)) {
      const { matrix, error } = await factorize(target, chain, { tree });
      const { re, im } = matrix.dense();
      expect(relativeError(target.re, re)).toBeLessThan(1e-14);
      expect(relativeError(target.im, im)).toBeLessThan(1e-14);
      expect(error).toBeLessThan(1e-14);
    }
  });

  it("leaves of a matrix that is not a butterfly an error between its bounds", async () => {
    const target = drawDense(chain, 4);
    for (const tree of TREES(chain.length)) {
      const { matrix, error, bounds } = await factorize(target, chain, { tree });
      expect(error).toBeCloseTo(relativeError(target, matrix.dense()), 13);
      expect(error).toBeGreaterThanOrEqual((bounds?.lower as number) - 1e-14);
      expect(error).toBeLessThanOrEqual(bounds?.upper as number);
    }
    const complex = await factorize(drawComplex(chain, 5), chain);
    expect(complex.error).toBeGreaterThanOrEqual((complex.bounds?.lower as number) - 1e-14);
    expect(complex.error).toBeLessThanOrEqual(complex.bounds?.upper as number);
  });
});

/** Its split is large enough to start threads for: 169 blocks of 64 x 64. */
const THREADED = Chain.parse("1,64,13,13; 13,13,64,1");

describe("a factorization", () => {
  const chain = Chain.squareDyadic(16);

  it.each([1, 1e-170, 1e160])(
    "of scale %d has bounds that are true where squares cannot tell",
    async (scale) => {
      // Q diag(1, 1e-8, 1e-9) P^T for orthogonal Q and P of small whole numbers over 3 and 7.
      const q = [1, 2, 2, 2, 1, -2, 2, -2, 1].map((value) => value / 3);
      const p = [2, 3, 6, 3, -6, 2, 6, 2, -3].map((value) => value / 7);
      const values = [1, 1e-8, 1e-9];
      const dense = new Float64Array(9);
      for (let index = 0; index < 9; index++) {
        const [row, column] = [Math.floor(index / 3), index % 3];
        for (let t = 2; t >= 0; t--) {
          dense[index] =
            (dense[index] as number) +
            (q[row * 3 + t] as number) *
              (values[t] as number) *
              (p[column * 3 + t] as number) *
              scale;
        }
      }
      const { error, bounds } = await factorize(dense, Chain.parse("1,3,2,1; 1,2,3,1"));
      // The best of rank 2 drops the last singular value.
      const rounding = 2e-15;
      expect(bounds?.lower).toBeLessThanOrEqual(1e-9 + rounding);
      expect(bounds?.lower).toBeGreaterThan(0.99999e-9);
      expect(error).toBeGreaterThan(bounds?.lower as number);
      expect(error).toBeLessThan(1.00001e-9);
      expect(bounds?.upper).toBeGreaterThanOrEqual(error);
    },
  );

  it("of two factors reaches its lower bound, and both bounds are one", async () => {
    const monarch = Chain.monarch(36);
    const { error, bounds } = await factorize(drawDense(monarch, 6), monarch);
    expect(error).toBeCloseTo(bounds?.lower as number, 13);
    expect(bounds?.upper).toBeCloseTo(bounds?.lower as number, 12);
  });

  it("has nested errors: what a longer chain can do, its merged chains can too", async () => {
    const target = drawDense(chain, 7);
    const lower = async (text: string): Promise<number> =>
      (await factorize(target, Chain.parse(text))).bounds?.lower as number;
    const fine = await lower(chain.toString());
    const merged = await lower("1,4,4,4; 4,2,2,2; 8,2,2,1");
    const coarse = await lower("1,4,4,4; 4,4,4,1");
    expect(coarse).toBeLessThanOrEqual(merged + 1e-14);
    expect(merged).toBeLessThanOrEqual(fine + 1e-14);
    expect(await lower("1,16,16,1")).toBeLessThan(1e-14);
  });

  it("of a random matrix of any size stays between its bounds", async () => {
    const sizes = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      {
        minLength: 2,
        maxLength: 4,
      },
    );
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.integer({ min: 1, max: 2 }),
        fc.nat(),
        async (sides, rank, seed) => {
          const drawn = Chain.ofRadices({
            rows: sides.map(([m]) => m),
            cols: sides.map(([, n]) => n),
            rank,
          });
          const target = drawDense(drawn, seed % 2 ** 32);
          for (const tree of NAMED_TREES) {
            const { error, bounds } = await factorize(target, drawn, { tree });
            expect(error).toBeGreaterThanOrEqual((bounds?.lower as number) - 1e-14);
            expect(error).toBeLessThanOrEqual(bounds?.upper as number);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("rounds its factors to the precision of the matrix, and says what that costs", async () => {
    const target = Butterfly.random(chain, { seed: 8, dtype: "float64" }).dense();
    const single = Float32Array.from(target);
    const { matrix, error, bounds } = await factorize(single, chain);
    expect(matrix.factors[0]?.values).toBeInstanceOf(Float32Array);
    expect(error).toBeCloseTo(relativeError(Float64Array.from(single), matrix.dense()), 7);
    expect(error).toBeLessThanOrEqual(bounds?.upper as number);
    expect(error).toBeLessThan(1e-6);
  });

  it("counts what lies off the support of the product", async () => {
    const sparse = Chain.parse("2,3,4,6; 4,4,3,3");
    const target = Butterfly.random(sparse, { seed: 9, dtype: "float64" }).dense();
    target[sparse.cols - 1] = 1;
    const { error, bounds } = await factorize(target, sparse);
    const expected = 1 / Math.hypot(...target);
    expect(error).toBeCloseTo(expected, 13);
    expect(bounds?.lower).toBeCloseTo(expected, 13);
  });

  it("of zeros is zero", async () => {
    const found = await factorize(new Float64Array(256), chain);
    expect([found.error, found.bounds]).toEqual([0, { lower: 0, upper: 0 }]);
    expect(found.matrix.dense()).toEqual(new Float64Array(256));
  });

  it("reports its progress, which ends with 1, and stops when it is aborted", async () => {
    const shares: number[] = [];
    const large = Chain.squareDyadic(256);
    const target = drawDense(large, 10);
    await factorize(target, large, { onProgress: (share) => shares.push(share) });
    expect(shares.length).toBeGreaterThan(10);
    expect(shares).toEqual(shares.toSorted((p, q) => p - q));
    expect(shares.at(-1)).toBe(1);
    const controller = new AbortController();
    const stopped = factorize(target, large, {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error("enough")),
    });
    await expect(stopped).rejects.toThrow("enough");
  });

  it("uses the threads of the one before it, and survives one that was stopped", async () => {
    const large = THREADED;
    const values = drawDense(large, 3);
    const alone = await factorize(values, large, { threads: 1 });
    for (let time = 0; time < 2; time++) {
      const controller = new AbortController();
      const stopped = factorize(values, large, { threads: 2, signal: controller.signal });
      controller.abort(new Error("enough"));
      await expect(stopped).rejects.toThrow("enough");
      const [p, q] = await Promise.all([
        factorize(values, large, { threads: 2 }),
        factorize(values, large, { threads: 2 }),
      ]);
      expect(p.matrix.factors).toEqual(alone.matrix.factors);
      expect(q.matrix.factors).toEqual(alone.matrix.factors);
    }
  });

  it("is the same in threads of its own as on one", async () => {
    const large = THREADED;
    const complex = { re: drawDense(large, 11), im: drawDense(large, 12) };
    for (const [target, chain] of [
      [complex, large],
      [drawDense(large, 14), large],
      // Splits that are small, in no thread.
      [drawDense(Chain.squareDyadic(128), 15), Chain.squareDyadic(128)],
    ] as const) {
      const alone = await factorize(target, chain, { threads: 1 });
      const shares: number[] = [];
      const onProgress = (share: number): void => void shares.push(share);
      const shared = await factorize(target, chain, { threads: 2, onProgress });
      expect(shared.matrix.factors).toEqual(alone.matrix.factors);
      expect([shared.error, shared.bounds]).toEqual([alone.error, alone.bounds]);
      expect(shares.at(-1)).toBe(1);
    }
    const controller = new AbortController();
    const stopped = factorize(drawDense(large, 13), large, {
      threads: 2,
      signal: controller.signal,
      onProgress: () => controller.abort(new Error("enough")),
    });
    await expect(stopped).rejects.toThrow("enough");
  });

  it("is of chainable chains only", async () => {
    const turning = Chain.parse("1,4,2,2; 2,2,2,1; 1,2,2,2");
    const target = drawDense(turning, 1);
    const matrix = Butterfly.random(turning, { seed: 2, dtype: "float64" });
    for (const refused of [
      factorize(target, turning),
      factorizePermuted(target, turning),
      refine(target, matrix),
    ]) {
      await expect(refused).rejects.toThrow(code("CHAIN_NOT_CHAINABLE"));
    }
    // How near a matrix is needs no factorization.
    const error = await relativeErrorOf(target, matrix);
    expect(error).toBeCloseTo(relativeError(target, matrix.dense()), 13);
    const im = new Float64Array(target.length);
    const complex = ComplexButterfly.fromReal(matrix);
    expect(await relativeErrorOf({ re: target, im }, complex)).toBeCloseTo(error, 13);
  });

  it("refuses what it cannot factorize", async () => {
    const nan = new Float64Array(256);
    nan[17] = Number.NaN;
    const refused = [
      [factorize(new Float64Array(255), chain), "DENSE_LENGTH"],
      [factorize(nan, chain), "MATRIX_NOT_FINITE"],
      [factorize({ re: new Float64Array(256), im: nan }, chain), "MATRIX_NOT_FINITE"],
      [factorize({ re: nan, im: new Float64Array(1) }, chain), "COMPLEX_PARTS"],
      [
        factorize(new Float64Array(256), chain, {
          tree: [
            [0, 2],
            [1, 3],
          ],
        }),
        "TREE_INVALID",
      ],
      [factorize(new Float64Array(256), chain, { tree: [0, 1] }), "TREE_INVALID"],
      [factorize(new Float64Array(256), chain, { threads: 0 }), "THREADS_INVALID"],
    ] as const;
    for (const [promise, expected] of refused)
      await expect(promise).rejects.toThrow(code(expected));
    await expect(factorize(nan, chain)).rejects.toThrow(/row 1, column 1/);
  });
});
