import { stripOf, tileCount, tilesOfItem, tileWidth } from "../layout";

/** In place of the index of a feature. */
const ZERO_FEATURE: u32 = 0xffffffff;

/** Features in another order, as `src/kernels/gather-features.ts` says. */
@unmanaged
export class GatherFeaturesCall {
  x: usize;
  /** `[to]` */
  map: usize;
  y: usize;
  vectors: i32;
  /** Features of x and of y. */
  from: i32;
  to: i32;
}

/** An item is a strip of a tile of y, or several tiles. */
export function gatherFeatures(call: GatherFeaturesCall, item: i32, _scratch: usize): void {
  const strip = stripOf(tileWidth(call.vectors));
  const strips = (call.to + strip - 1) / strip;
  const first = (item % strips) * strip;
  const end = min(first + strip, call.to);
  const tilesEach = tilesOfItem(call.to, strip);
  const firstTile = (item / strips) * tilesEach;
  const endTile = min(firstTile + tilesEach, tileCount(call.vectors));
  for (let tile = firstTile; tile < endTile; tile++) gatherTile(call, tile, first, end);
}

function gatherTile(call: GatherFeaturesCall, tile: i32, first: i32, end: i32): void {
  const step = (<usize>tileWidth(call.vectors)) << 2;
  const x = call.x + <usize>tile * <usize>call.from * step;
  let y = call.y + (<usize>tile * <usize>call.to + <usize>first) * step;
  for (let feature = first; feature < end; feature++, y += step) {
    const chosen = load<u32>(call.map + ((<usize>feature) << 2));
    const isZero = chosen === ZERO_FEATURE;
    const from = x + (isZero ? 0 : <usize>chosen * step);
    if (step === 4) {
      store<f32>(y, isZero ? 0 : load<f32>(from));
      continue;
    }
    for (let lane: usize = 0; lane < step; lane += 16) {
      v128.store(y + lane, isZero ? f32x4.splat(0) : v128.load(from + lane));
    }
  }
}
