import { dispatchGrid, tileIndexWgsl } from "../../device/kernel.ts";
import { clamped } from "../wgsl.ts";
import type { AttentionSizes } from "./problem.ts";
import { limitWgsl, visibleTo } from "./visibility.ts";

/** Workgroups that each have some neighbouring queries of a head of a sequence. */
export interface QueryTiles {
  readonly grid: [number, number, number];
  /** Whether the tiles hold no query that does not count. */
  readonly exact: boolean;
  /**
   * WGSL that defines `firstQuery`, `head`, `sequence`, the `limit` of the keys, and their `end`: tiles of
   * keys that no query of the workgroup sees are left out.
   */
  readonly begin: string;
}

export function queryTiles(problem: AttentionSizes, each: number): QueryTiles {
  const { sequences, queries, heads } = problem;
  const count = Math.ceil(queries / each);
  const tiles = count * heads * sequences;
  const grid = dispatchGrid(tiles);
  const exact = queries % each === 0;
  return {
    grid,
    exact,
    begin: `${tileIndexWgsl(grid, tiles)}
  let firstQuery = (tile % ${count}u) * ${each}u;
  let head = (tile / ${count}u) % ${heads}u;
  let sequence = tile / ${count * heads}u;
  ${limitWgsl(problem)}
  let end = ${visibleTo(problem, clamped(`firstQuery + ${each - 1}u`, queries, exact))};`,
  };
}
