import { stripOf, tileWidth } from "../layout";
import { interleave } from "./convert";

/** Rows of a table, as `src/kernels/gather-vectors.ts` says. */
@unmanaged
export class GatherVectorsCall {
  /** `[rows, features]` */
  source: usize;
  /** `[vectors]` */
  indices: usize;
  y: usize;
  vectors: i32;
  features: i32;
}

/** An item is a strip of a tile of y. */
export function gatherVectors(call: GatherVectorsCall, item: i32, _scratch: usize): void {
  const features = call.features;
  const width = tileWidth(call.vectors);
  const strip = stripOf(width);
  const strips = (features + strip - 1) / strip;
  const tile = item / strips;
  const first = (item % strips) * strip;
  const count = min(strip, features - first);
  const step = (<usize>width) << 2;
  const start = call.source + ((<usize>first) << 2);
  let to = call.y + (<usize>tile * <usize>features + <usize>first) * step;
  if (width === 1) {
    memory.copy(to, start + rowOf(call, 0), (<usize>count) << 2);
    return;
  }
  for (let lane = 0; lane < width; lane += 4) {
    const vector = tile * width + lane;
    const a = start + rowOf(call, vector);
    const b = start + rowOf(call, vector + 1);
    const c = start + rowOf(call, vector + 2);
    const d = start + rowOf(call, vector + 3);
    interleave(a, b, c, d, to, step, count);
    to += 16;
  }
}

/** Bytes before the row of a vector; the last one stands in for those that are not there. */
function rowOf(call: GatherVectorsCall, vector: i32): usize {
  const index = load<u32>(call.indices + ((<usize>min(vector, call.vectors - 1)) << 2));
  return (<usize>index * <usize>call.features) << 2;
}
