/** Vectors added to rows of a table, as `src/kernels/scatter-vectors.ts` says. */
@unmanaged
export class ScatterVectorsCall {
  /** `[vectors, features]` */
  x: usize;
  /** `[vectors]` */
  indices: usize;
  /** `[rows, features]` */
  y: usize;
  vectors: i32;
  features: i32;
  rows: i32;
  /** Rows that are an item. */
  block: i32;
}

/** An item is a block of rows, to which the vectors are added in their order. */
export function scatterVectors(call: ScatterVectorsCall, item: i32, _scratch: usize): void {
  const features = call.features;
  const rowBytes = (<usize>features) << 2;
  const first = item * call.block;
  const count = min(call.block, call.rows - first);
  const y = call.y + <usize>first * rowBytes;
  memory.fill(y, 0, <usize>count * rowBytes);
  const firsts = i32x4.splat(first);
  const counts = i32x4.splat(count);
  let vector = 0;
  for (; vector + 4 <= call.vectors; vector += 4) {
    // Below the first row is beyond all others without a sign.
    const rows = i32x4.sub(v128.load(call.indices + ((<usize>vector) << 2)), firsts);
    if (!v128.any_true(i32x4.lt_u(rows, counts))) continue;
    addRow(call, vector, i32x4.extract_lane(rows, 0), count, y);
    addRow(call, vector + 1, i32x4.extract_lane(rows, 1), count, y);
    addRow(call, vector + 2, i32x4.extract_lane(rows, 2), count, y);
    addRow(call, vector + 3, i32x4.extract_lane(rows, 3), count, y);
  }
  for (; vector < call.vectors; vector++) {
    const row = load<i32>(call.indices + ((<usize>vector) << 2)) - first;
    addRow(call, vector, row, count, y);
  }
}

/** Adds a vector to its row, where that is one of `count` rows. */
function addRow(call: ScatterVectorsCall, vector: i32, row: i32, count: i32, y: usize): void {
  if (<u32>row >= <u32>count) return;
  const rowBytes = (<usize>call.features) << 2;
  let from = call.x + <usize>vector * rowBytes;
  let to = y + <usize>row * rowBytes;
  let left = call.features;
  for (; left >= 4; left -= 4, from += 16, to += 16) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
  }
  for (; left > 0; left--, from += 4, to += 4) store<f32>(to, load<f32>(to) + load<f32>(from));
}
