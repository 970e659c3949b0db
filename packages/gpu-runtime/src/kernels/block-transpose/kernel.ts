import type { StorageDtype } from "@papilio/butterfly";
import { dispatchGrid, type Kernel, tileIndexWgsl } from "../../program/kernel.ts";
import { enableDtype, range, storedType } from "../../program/wgsl.ts";

/** A row-major array `[outer, rows, columns, inner]` whose two middle axes are exchanged. */
export interface BlockTranspose {
  readonly outer: number;
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
  readonly dtype: StorageDtype;
}

const WORKGROUP = 64;

/**
 * Generates the perfect shuffle of a Kronecker-sparse factor as a kernel of its own: pure memory
 * rewriting, which the fused kernel does without. Bindings: source, destination.
 *
 * Made as good as it can be, because the baselines that need it are compared with the fused kernel:
 * runs along `inner` move as vec4; without such runs an invocation transposes a 4 x 4 tile in
 * registers, so that reads and writes are both vec4.
 */
export function blockTransposeKernel(problem: BlockTranspose): Kernel {
  const { rows, columns, inner, outer, dtype } = problem;
  const label = `block-transpose ${outer}x${rows}x${columns}x${inner}`;
  const width = inner % 4 === 0 ? 4 : inner % 2 === 0 ? 2 : 1;
  const square = inner === 1 && rows % 4 === 0 && columns % 4 === 0;
  const invocations = square
    ? (outer * rows * columns) / 16
    : (outer * rows * columns * inner) / width;
  const tiles = Math.ceil(invocations / WORKGROUP);
  const grid = dispatchGrid(tiles);
  const type = storedType(dtype, square ? 4 : width);
  const body = square ? squareTiles(rows, columns, type) : runs(rows, columns, inner / width);
  return {
    label,
    bindings: ["read", "read-write"],
    workgroups: grid,
    wgsl: `${enableDtype(dtype)}
@group(0) @binding(0) var<storage, read> source: array<${type}>;
@group(0) @binding(1) var<storage, read_write> destination: array<${type}>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  ${tileIndexWgsl(grid, tiles)}
  let index = tile * ${WORKGROUP}u + lane;
  ${invocations % WORKGROUP === 0 ? "" : `if (index >= ${invocations}u) { return; }`}
  ${body}
}
`,
  };
}

/** One load and one store of a run; `inner` counts loads. Writes are in order. */
function runs(rows: number, columns: number, inner: number): string {
  return `let position = index % ${inner}u;
  let row = (index / ${inner}u) % ${rows}u;
  let column = (index / ${inner * rows}u) % ${columns}u;
  let outer = index / ${inner * rows * columns}u;
  destination[index] = source[((outer * ${rows}u + row) * ${columns}u + column) * ${inner}u + position];`;
}

/** A 4 x 4 tile: four rows in, four columns out. */
function squareTiles(rows: number, columns: number, type: string): string {
  const columnTiles = columns / 4;
  const rowTiles = rows / 4;
  return `let columnTile = index % ${columnTiles}u;
  let rowTile = (index / ${columnTiles}u) % ${rowTiles}u;
  let outer = index / ${rowTiles * columnTiles}u;
  let read = (outer * ${rows}u + rowTile * 4u) * ${columnTiles}u + columnTile;
  let write = (outer * ${columns}u + columnTile * 4u) * ${rowTiles}u + rowTile;
  ${range(4)
    .map((r) => `let row${r} = source[read + ${r * columnTiles}u];`)
    .join("\n  ")}
  ${range(4)
    .map(
      (r) =>
        `destination[write + ${r * rowTiles}u] = ${type}(row0[${r}], row1[${r}], row2[${r}], row3[${r}]);`,
    )
    .join("\n  ")}`;
}
