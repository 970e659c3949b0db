import { describe, expect, it } from "vitest";
import { Butterfly } from "../matrix/butterfly.ts";
import { uniform } from "../numeric/random.ts";
import { Chain } from "../pattern/chain.ts";
import { radicesFor } from "./candidates.ts";
import type { ChainPoint } from "./chain-front.ts";
import { factorize } from "./factorize.ts";
import { searchChains } from "./search.ts";

const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

describe("candidates", () => {
  it.each([
    [64, 64],
    [12, 90],
    [7, 16],
    [768, 3072],
  ])("of %i x %i divide the rows and the columns", (rows, cols) => {
    const all = radicesFor(rows, cols);
    expect(all.length).toBeGreaterThan(5);
    for (const radices of all) {
      expect([product(radices.rows), product(radices.cols)]).toEqual([rows, cols]);
      expect(radices.rows.length).toBe(radices.cols.length);
    }
  });

  it("of a power of two end with the dyadic chain", () => {
    const last = radicesFor(64, 64).at(-1);
    expect(Chain.ofRadices(last as { rows: number[]; cols: number[] }).toString()).toBe(
      Chain.squareDyadic(64).toString(),
    );
  });
});

describe("the search for a chain", () => {
  it("finds the chain that a matrix was made with, or one that is as good", async () => {
    for (const text of [Chain.squareDyadic(32).toString(), "1,4,4,8; 4,8,8,1"]) {
      const chain = Chain.parse(text);
      const target = Butterfly.random(chain, { seed: 1, dtype: "float64" }).dense();
      const { best } = await searchChains(target, chain.rows, chain.cols, { maxError: 1e-6 });
      expect(best?.error).toBeLessThan(1e-13);
      expect(best?.matrix.chain.nonZeros).toBeLessThanOrEqual(chain.nonZeros);
    }
  });

  it("gives a front whose errors are those of its chains, none of them beaten", async () => {
    const next = uniform(2);
    const target = Float64Array.from({ length: 24 * 36 }, next);
    const shares: number[] = [];
    const fronts: (readonly ChainPoint[])[] = [];
    const { front, best } = await searchChains(target, 24, 36, {
      maxParameters: 0.5,
      onProgress: (share) => shares.push(share),
      onFront: async (front) => void fronts.push(front),
    });
    expect(front.length).toBeGreaterThan(5);
    for (const [index, { chain, parameters, error }] of front.entries()) {
      expect(parameters).toBeCloseTo(chain.nonZeros / (24 * 36), 14);
      expect((await factorize(target, chain, { bounds: false })).error).toBeCloseTo(error, 7);
      const previous = front[index - 1];
      if (previous === undefined) continue;
      expect(parameters).toBeGreaterThan(previous.parameters);
      expect(error).toBeLessThan(previous.error);
    }
    expect(best?.error).toBeCloseTo(front.at(-1)?.error as number, 7);
    expect(front.at(-1)?.parameters).toBeLessThanOrEqual(0.5);
    expect(shares).toEqual(shares.toSorted((p, q) => p - q));
    expect(shares.at(-1)).toBe(1);
    expect(fronts.at(-1)).toEqual(front);
    expect(fronts.length).toBeGreaterThanOrEqual(front.length);
    expect(fronts[0]).toHaveLength(1);
  });

  it("says when nothing is within the limits, refuses bad ones, and stops", async () => {
    const target = Float64Array.from({ length: 256 }, uniform(3));
    const none = await searchChains(target, 16, 16, { maxError: 0.01, maxParameters: 0.3 });
    expect(none.best).toBeUndefined();
    const code = expect.objectContaining({ code: "SEARCH_LIMIT" });
    await expect(searchChains(target, 16, 16, { maxError: Number.NaN })).rejects.toThrow(code);
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(searchChains(target, 16, 16, { signal })).rejects.toThrow("enough");
  });

  it("works with complex matrices", async () => {
    const [re, im] = [4, 5].map((seed) => Float64Array.from({ length: 256 }, uniform(seed)));
    const dense = { re: re as Float64Array, im: im as Float64Array };
    const { best, front } = await searchChains(dense, 16, 16, { maxParameters: 0.5 });
    expect(best?.error).toBeCloseTo(front.at(-1)?.error as number, 7);
  });
});
