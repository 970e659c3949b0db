/** Operations that compute a vector for each row of a sparse matrix, from vectors in rows. */
import { interleave } from "./kernels/convert";
import { tileWidth } from "./layout";

/** What their calls begin with. */
@unmanaged
export class GraphRows {
  x: usize;
  y: usize;
  /** The matrix in compressed sparse rows: `[rows + 1]`, and a number for each non-zero. */
  starts: usize;
  columns: usize;
  /** `[parts + 1]`: the first row of each part, which is an item; of whole tiles where y is in tiles. */
  parts: usize;
  rows: i32;
  features: i32;
  /** Whether y is in tiles, rather than in rows. */
  inTiles: i32;
}

export function firstRow(call: GraphRows, part: i32): i32 {
  return load<i32>(call.parts + ((<usize>part) << 2));
}

/** Where the non-zeros of a row begin. */
export function startOf(call: GraphRows, row: i32): i32 {
  return load<i32>(call.starts + ((<usize>row) << 2));
}

/** Where a row is computed: in y, or in scratch memory for 16 rows. */
export function placeOfRow(call: GraphRows, row: i32, scratch: usize): usize {
  const place = call.inTiles !== 0 ? scratch : call.y;
  const index = call.inTiles !== 0 ? row % tileWidth(call.rows) : row;
  return place + ((<usize>index * <usize>call.features) << 2);
}

/** After each row: brings a tile to y when its last row is there. */
export function endRow(call: GraphRows, row: i32, scratch: usize): void {
  if (call.inTiles === 0) return;
  const width = tileWidth(call.rows);
  const isLast = row === call.rows - 1;
  if (!isLast && row % width !== width - 1) return;
  const count = (row % width) + 1;
  const bytes = (<usize>call.features) << 2;
  let to = call.y + <usize>(row / width) * bytes * <usize>width;
  if (width === 1) {
    memory.copy(to, scratch, bytes);
    return;
  }
  for (let lane = 0; lane < width; lane += 4, to += 16) {
    const a = scratch + <usize>min(lane, count - 1) * bytes;
    const b = scratch + <usize>min(lane + 1, count - 1) * bytes;
    const c = scratch + <usize>min(lane + 2, count - 1) * bytes;
    const d = scratch + <usize>min(lane + 3, count - 1) * bytes;
    interleave(a, b, c, d, to, (<usize>width) << 2, call.features);
  }
}

/** Divides numbers that follow one another. */
export function divideNumbers(at: usize, count: i32, divisor: f32): void {
  const divisors = f32x4.splat(divisor);
  let left = count;
  for (; left >= 4; left -= 4, at += 16) v128.store(at, f32x4.div(v128.load(at), divisors));
  for (; left > 0; left--, at += 4) store<f32>(at, load<f32>(at) / divisor);
}
