import { dispatchGrid, tileIndexWgsl } from "../../device/kernel.ts";
import { storedBlock } from "../wgsl.ts";
import { localWeights } from "./local-factors.ts";
import { paddedWeights } from "./pack.ts";
import type { FusedChainProblem } from "./problem.ts";

/** Workgroups that each compute a block of a chain's product for a slice of the batch. */
export interface ChainTiles {
  readonly grid: [number, number, number];
  /** Whether the slices hold no vector that does not count. */
  readonly exact: boolean;
  /** WGSL that defines `firstColumn`, the place of the block, and `weights`, where those of it begin. */
  readonly begin: string;
}

export function chainTiles(problem: FusedChainProblem, tileN: number): ChainTiles {
  const { chain, batch, sharing } = problem;
  const product = chain.product();
  const columns = Math.ceil(batch / tileN);
  const tiles = columns * product.blocks;
  const grid = dispatchGrid(tiles);
  const stored = storedBlock(product, sharing, { block: "block", i: "group_i", k: "group_k" });
  return {
    grid,
    exact: batch % tileN === 0,
    begin: `${tileIndexWgsl(grid, tiles)}
  let firstColumn = (tile % ${columns}u) * ${tileN}u;
  let block = tile / ${columns}u;
  let group_i = block / ${product.d}u;
  let group_k = block % ${product.d}u;
  let weights = ${stored} * ${paddedWeights(localWeights(chain))}u;`,
  };
}
