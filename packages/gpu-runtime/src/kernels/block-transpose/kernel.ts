import type { StorageDtype } from "@papilio/butterfly";
import { dispatchGrid, type Kernel, tileIndexWgsl } from "../../device/kernel.ts";
import { enabledBy, loadWidth, range, storedType, times } from "../wgsl.ts";

/** A row-major array `[outer, rows, columns, inner]` whose two middle axes are exchanged. */
export interface BlockTranspose {
  readonly outer: number;
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
  readonly dtype: StorageDtype;
}

const WORKGROUP = 64;
/** Numbers of a matrix that a processor's nearest cache holds. */
const CACHED = 2 ** 14;

/**
 * Generates the perfect shuffle of a Kronecker-sparse factor as a kernel of its own: pure memory
 * rewriting, which the fused kernel does without. Bindings: source, destination.
 *
 * Made as good as it can be, because the baselines that need it are compared with the fused kernel:
 * runs along `inner` move in loads as wide as they can be; without such runs an invocation transposes
 * a tile of up to 4 x 4 in registers, so that reads and writes are both wide.
 */
export function blockTransposeKernel(problem: BlockTranspose): Kernel {
  const { rows, columns, inner, outer, dtype } = problem;
  const plan = inner === 1 ? tiles(rows, columns) : runs(rows, columns, inner);
  const invocations = (outer * rows * columns * inner) / plan.each;
  const workgroups = Math.ceil(invocations / WORKGROUP);
  const grid = dispatchGrid(workgroups);
  return {
    label: `block-transpose ${outer}x${rows}x${columns}x${inner}`,
    enables: enabledBy(dtype),
    bindings: [
      { name: "source", elements: storedType(dtype, plan.read), access: "read" },
      { name: "destination", elements: storedType(dtype, plan.write), access: "read-write" },
    ],
    workgroups: grid,
    wgsl: `@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  ${tileIndexWgsl(grid, workgroups)}
  let index = tile * ${WORKGROUP}u + lane;
  ${invocations % WORKGROUP === 0 ? "" : `if (index >= ${invocations}u) { return; }`}
  ${plan.body(dtype)}
}
`,
  };
}

/** What one invocation does. */
interface Plan {
  /** Elements that it moves, and elements of one load and of one store. */
  readonly each: number;
  readonly read: number;
  readonly write: number;
  body(dtype: StorageDtype): string;
}

/** One load and one store of a run; writes are in order. */
function runs(rows: number, columns: number, inner: number): Plan {
  const width = loadWidth(inner);
  const loads = inner / width;
  return {
    each: width,
    read: width,
    write: width,
    body: () => `let position = index % ${loads}u;
  let row = (index / ${loads}u) % ${rows}u;
  let column = (index / ${loads * rows}u) % ${columns}u;
  let outer = index / ${loads * rows * columns}u;
  destination[index] = source[((outer * ${rows}u + row) * ${columns}u + column) * ${loads}u + position];`,
  };
}

/**
 * A tile in registers: as many rows in as it is high, as many columns out as it is wide. Neighbouring invocations go
 * along the rows; where the matrix outgrows a cache, down four tiles first, so that they write whole cache lines.
 */
function tiles(rows: number, columns: number): Plan {
  const height = loadWidth(rows);
  const width = loadWidth(columns);
  const across = columns / width;
  const down = rows / height;
  const patch = rows * columns > CACHED ? loadWidth(down) : 1;
  const element = (row: number, column: number): string =>
    width === 1 ? `row${row}` : `row${row}[${column}]`;
  return {
    each: height * width,
    read: width,
    write: height,
    body: (dtype) => `let columnTile = (index / ${patch}u) % ${across}u;
  let rowTile = ${times(`(index / ${across * patch}u) % ${down / patch}u`, patch)}${patch === 1 ? "" : ` + index % ${patch}u`};
  let outer = index / ${down * across}u;
  let read = (outer * ${rows}u + rowTile * ${height}u) * ${across}u + columnTile;
  let write = (outer * ${columns}u + columnTile * ${width}u) * ${down}u + rowTile;
  ${range(height)
    .map((row) => `let row${row} = source[read + ${row * across}u];`)
    .join("\n  ")}
  ${range(width)
    .map((column) => {
      const values = range(height).map((row) => element(row, column));
      return `destination[write + ${column * down}u] = ${storedType(dtype, height)}(${values.join(", ")});`;
    })
    .join("\n  ")}`,
  };
}
