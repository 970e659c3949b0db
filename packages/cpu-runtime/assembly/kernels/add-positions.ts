import { areTogether, gather4, storeLanes } from "../lanes";
import { stripOf, tileCount, tilesOfItem, tileWidth, vectorInTiles } from "../layout";

/** Vectors plus rows of a table, as `src/kernels/add-positions.ts` says. */
@unmanaged
export class AddPositionsCall {
  x: usize;
  y: usize;
  /** `[positions, features]` */
  table: usize;
  /** `[features]`; 0 without. */
  prepended: usize;
  /** Of the first vector of all sequences, or of each; 0 without. */
  position: usize;
  /** Of x. */
  vectors: i32;
  features: i32;
  /** Vectors of a sequence of x. */
  period: i32;
  /** Whether each sequence has a position. */
  each: i32;
}

/** An item is a strip of a tile of y, or several tiles. */
export function addPositions(call: AddPositionsCall, item: i32, _scratch: usize): void {
  const features = call.features;
  const longer = call.prepended === 0 ? 0 : 1;
  const vectors = (call.vectors / call.period) * (call.period + longer);
  const width = tileWidth(vectors);
  const strip = stripOf(width);
  const strips = (features + strip - 1) / strip;
  const first = (item % strips) * strip;
  const end = min(first + strip, features);
  const tilesEach = tilesOfItem(features, strip);
  const firstTile = (item / strips) * tilesEach;
  const endTile = min(firstTile + tilesEach, tileCount(vectors));
  for (let vector = firstTile * width; vector < endTile * width; vector += 4) {
    addToLanes(call, vector, vectors, width, first, end);
  }
}

/** The last vector stands in for those that are not there. */
function addToLanes(
  call: AddPositionsCall,
  vector: i32,
  vectors: i32,
  width: i32,
  first: i32,
  end: i32,
): void {
  const last = vectors - 1;
  const b = min(vector + 1, last);
  const c = min(vector + 2, last);
  const d = min(vector + 3, last);
  const start = min(vector, last);
  const stepX = (<usize>tileWidth(call.vectors)) << 2;
  const stepY = (<usize>width) << 2;
  const stepA: usize = isPrepended(call, start) ? 4 : stepX;
  const stepB: usize = isPrepended(call, b) ? 4 : stepX;
  const stepC: usize = isPrepended(call, c) ? 4 : stepX;
  const stepD: usize = isPrepended(call, d) ? 4 : stepX;
  let ownA = ownOf(call, start) + <usize>first * stepA;
  let ownB = ownOf(call, b) + <usize>first * stepB;
  let ownC = ownOf(call, c) + <usize>first * stepC;
  let ownD = ownOf(call, d) + <usize>first * stepD;
  const skipped = (<usize>first) << 2;
  let rowA = rowOf(call, start) + skipped;
  let rowB = rowOf(call, b) + skipped;
  let rowC = rowOf(call, c) + skipped;
  let rowD = rowOf(call, d) + skipped;
  const sameStep = stepA === stepX && stepB === stepX && stepC === stepX && stepD === stepX;
  const together = sameStep && areTogether(ownA, ownB, ownC, ownD);
  const sameRow = rowA === rowB && rowA === rowC && rowA === rowD;
  let y = vectorInTiles(call.y, vector, call.features, width) + <usize>first * stepY;
  for (let feature = first; feature < end; feature++) {
    const own = together ? v128.load(ownA) : gather4(ownA, ownB, ownC, ownD);
    const added = sameRow ? v128.load32_splat(rowA) : gather4(rowA, rowB, rowC, rowD);
    storeLanes(y, f32x4.add(own, added), width);
    ownA += stepA;
    ownB += stepB;
    ownC += stepC;
    ownD += stepD;
    rowA += 4;
    rowB += 4;
    rowC += 4;
    rowD += 4;
    y += stepY;
  }
}

function isPrepended(call: AddPositionsCall, vector: i32): bool {
  return call.prepended !== 0 && vector % (call.period + 1) === 0;
}

/** Where the vector is that a row is added to. */
function ownOf(call: AddPositionsCall, vector: i32): usize {
  if (isPrepended(call, vector)) return call.prepended;
  const before = call.prepended === 0 ? 0 : vector / (call.period + 1) + 1;
  return vectorInTiles(call.x, vector - before, call.features, tileWidth(call.vectors));
}

function rowOf(call: AddPositionsCall, vector: i32): usize {
  const longer = call.prepended === 0 ? 0 : 1;
  const length = call.period + longer;
  const sequence = call.each !== 0 ? vector / length : 0;
  const start = call.position === 0 ? 0 : load<u32>(call.position + ((<usize>sequence) << 2));
  const row = start + <u32>(vector % length);
  return call.table + ((<usize>row * <usize>call.features) << 2);
}
