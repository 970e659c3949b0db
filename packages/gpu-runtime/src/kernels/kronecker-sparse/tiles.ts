import { dispatchGrid, tileIndexWgsl } from "../../device/kernel.ts";
import type { KroneckerSparseProblem } from "./problem.ts";

/** What a workgroup computes: outputs of a block, batch entries, and blocks side by side along `d`. */
interface Tile {
  readonly tileM: number;
  readonly tileN: number;
  readonly neighbours: number;
}

/** A problem divided into tiles, of which each workgroup has one. */
export interface Tiles {
  readonly grid: [number, number, number];
  /** Whether tiles end where `b`, `d` and the batch do. */
  readonly exact: { readonly b: boolean; readonly d: boolean; readonly batch: boolean };
  /**
   * Statements that find a workgroup's place. They define `firstColumn` in the batch, `firstRow` in the outputs of a
   * block, `group_i` along `a`, and `firstGroup` along `d`.
   */
  readonly locate: readonly string[];
}

/** Divides a problem: neighbouring workgroups differ along the batch, then along the outputs of their blocks. */
export function tilesOf(
  { pattern, batch }: Pick<KroneckerSparseProblem, "pattern" | "batch">,
  { tileM, tileN, neighbours }: Tile,
): Tiles {
  const { a, b, d } = pattern;
  const columnTiles = Math.ceil(batch / tileN);
  const rowTiles = Math.ceil(b / tileM);
  const blockTiles = Math.ceil(d / neighbours);
  const tiles = columnTiles * rowTiles * a * blockTiles;
  const grid = dispatchGrid(tiles);
  return {
    grid,
    exact: { b: b % tileM === 0, d: d % neighbours === 0, batch: batch % tileN === 0 },
    locate: [
      tileIndexWgsl(grid, tiles),
      `let firstColumn = (tile % ${columnTiles}u) * ${tileN}u;`,
      `let firstRow = ((tile / ${columnTiles}u) % ${rowTiles}u) * ${tileM}u;`,
      `let blockTile = tile / ${columnTiles * rowTiles}u;`,
      `let group_i = blockTile / ${blockTiles}u;`,
      `let firstGroup = (blockTile % ${blockTiles}u) * ${neighbours}u;`,
    ],
  };
}
