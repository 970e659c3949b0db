import { load1 } from "../elements";
import { stripOf, tileCount, tilesOfItem, tileWidth } from "../layout";
import { fewBitsWeight, rowBytes } from "../products/few-bits";
import { groupSize, groupStart, outputsInSixes } from "../products/group";
import { interleave } from "./convert";

/** Rows of a table, as `src/kernels/gather-vectors.ts` says. */
@unmanaged
export class GatherVectorsCall {
  /** `[rows, features]`, or the packed weights of such a matrix. */
  source: usize;
  /** `[vectors]` */
  indices: usize;
  y: usize;
  vectors: i32;
  features: i32;
  /** Rows of packed weights; 0 for a table as it is. */
  packedRows: i32;
  /** Of a number of packed weights. */
  bits: i32;
  /** Of few bits, what their codes are: one of kernel-options.ts. */
  codes: i32;
}

/** An item is a strip of a tile of y, or several tiles. */
export function gatherVectors(call: GatherVectorsCall, item: i32, _scratch: usize): void {
  const features = call.features;
  const strip = stripOf(tileWidth(call.vectors));
  const strips = (features + strip - 1) / strip;
  const first = (item % strips) * strip;
  const count = min(strip, features - first);
  const tilesEach = tilesOfItem(features, strip);
  const firstTile = (item / strips) * tilesEach;
  const end = min(firstTile + tilesEach, tileCount(call.vectors));
  for (let tile = firstTile; tile < end; tile++) {
    if (call.packedRows !== 0) gatherPacked(call, tile, first, count);
    else gatherTile(call, tile, first, count);
  }
}

function gatherTile(call: GatherVectorsCall, tile: i32, first: i32, count: i32): void {
  const width = tileWidth(call.vectors);
  const step = (<usize>width) << 2;
  const start = call.source + ((<usize>first) << 2);
  let to = call.y + (<usize>tile * <usize>call.features + <usize>first) * step;
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

/** Rows of packed weights: the numbers of one lie as far apart as its group is wide. */
function gatherPacked(call: GatherVectorsCall, tile: i32, first: i32, count: i32): void {
  const width = tileWidth(call.vectors);
  const features = call.features;
  const rows = call.packedRows;
  const sixes = outputsInSixes(rows);
  const bits = call.bits;
  const size = bits >> 3;
  const step = (<usize>width) << 2;
  let to = call.y + (<usize>tile * <usize>features + <usize>first) * step;
  for (let lane = 0; lane < width; lane++) {
    const row = indexOf(call, tile * width + lane);
    const start = groupStart(rows, sixes, row);
    const group = groupSize(rows, sixes, start);
    if (bits < 16) {
      const weights = call.source + <usize>start * <usize>rowBytes(features, bits);
      let target = to;
      for (let f = first; f < first + count; f++) {
        store<f32>(target, fewBitsWeight(weights, group, row - start, f, bits, call.codes));
        target += step;
      }
      to += 4;
      continue;
    }
    const at = <usize>start * <usize>features + <usize>first * <usize>group + <usize>(row - start);
    let from = call.source + at * <usize>size;
    const distance = <usize>(group * size);
    let target = to;
    for (let f = 0; f < count; f++) {
      v128.store32_lane(target, load1(from, size), 0);
      from += distance;
      target += step;
    }
    to += 4;
  }
}

/** Bytes before the row of a vector. */
function rowOf(call: GatherVectorsCall, vector: i32): usize {
  return (<usize>indexOf(call, vector) * <usize>call.features) << 2;
}

/** The row of a vector; the last one stands in for those that are not there. */
function indexOf(call: GatherVectorsCall, vector: i32): i32 {
  return load<i32>(call.indices + ((<usize>min(vector, call.vectors - 1)) << 2));
}
