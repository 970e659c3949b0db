import { describe, expect, it } from "vitest";
import { draw, uniform } from "../numeric/random.ts";
import { Chain } from "../pattern/chain.ts";
import { factorize } from "./factorize.ts";
import type { CustomTree } from "./tree.ts";

const errorsOf = async (chain: Chain, seed: number, trees: readonly CustomTree[]) => {
  const dense = draw(uniform(seed), chain.rows * chain.cols, 1, "float64");
  const options = { threads: 1, bounds: false };
  const { error } = await factorize(dense, chain, { ...options, tree: "balanced" });
  const each: number[] = [];
  for (const tree of trees) each.push((await factorize(dense, chain, { ...options, tree })).error);
  return { error, each };
};

describe("a balanced tree", () => {
  it.each([
    [
      3,
      [
        [[0, 1], 2],
        [0, [1, 2]],
      ],
    ],
    [
      5,
      [
        [
          [[0, 1], 2],
          [3, 4],
        ],
        [
          [0, 1],
          [2, [3, 4]],
        ],
      ],
    ],
  ] as [number, CustomTree[]][])(
    "of %i factors has the odd one where that is nearer",
    async (length, trees) => {
      const radices = new Array<number>(length).fill(2);
      const better = new Set<number>();
      for (const chain of [
        Chain.ofRadices({ rows: radices, cols: radices }),
        Chain.ofRadices({ rows: radices, cols: radices.map(() => 3) }).transpose(),
      ]) {
        for (let seed = 1; seed <= 8; seed++) {
          const { error, each } = await errorsOf(chain, seed, trees);
          expect(error).toBe(Math.min(...each));
          better.add(each.indexOf(error));
        }
      }
      expect(better.size).toBe(2);
    },
  );
});
