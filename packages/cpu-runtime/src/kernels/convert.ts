import { requireObject, requireWhole } from "@papilio/butterfly/errors";
import { ROWS_FROM_TILES, TILES_FROM_ROWS } from "../wasm/kernel-ids.ts";
import type { KernelCall, VectorsOperand } from "./kernel-call.ts";
import { itemsOf, vectorsBytes } from "./layout.ts";

/** Features of a tile that are an item, as assembly/kernels/convert.ts divides them. */
const STRIP = 1024;

export interface ConvertProblem {
  readonly vectors: number;
  readonly features: number;
}

/** Operands: vectors in rows that are read, and the same in tiles that are written. Throws `OPTION_INVALID`. */
export function tilesFromRows(problem: ConvertProblem): KernelCall {
  return convert(problem, TILES_FROM_ROWS, "tiles out of rows", ["read", "write"]);
}

/** Operands: vectors in rows that are written, out of the same in tiles. Throws `OPTION_INVALID`. */
export function rowsFromTiles(problem: ConvertProblem): KernelCall {
  return convert(problem, ROWS_FROM_TILES, "rows out of tiles", ["write", "read"]);
}

function convert(
  problem: ConvertProblem,
  kernel: number,
  name: string,
  [rowsAccess, tilesAccess]: readonly [VectorsOperand["access"], VectorsOperand["access"]],
): KernelCall {
  requireObject("The problem of a conversion", problem, "an object", "vectors", "features");
  const { vectors, features } = problem;
  requireWhole("The number of vectors", vectors, 1);
  requireWhole("The number of features", features, 1);
  return {
    kernel,
    label: `${name} ${vectors} x ${features}`,
    items: itemsOf(vectors, features, STRIP),
    scratchBytes: 0,
    operands: [
      { name: "rows", access: rowsAccess, layout: "rows", vectors, features },
      { name: "tiles", access: tilesAccess, layout: "tiles", vectors, features },
    ],
    words: ([rows = 0, tiles = 0]) => [rows, tiles, vectors, features],
    flops: 0,
    bytes: vectorsBytes("rows", vectors, features) + vectorsBytes("tiles", vectors, features),
  };
}
