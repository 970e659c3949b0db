import { tileWidth } from "../layout";
import { TiledVectors } from "../tiled-vectors";

/** Writes vectors into a state from a position on, or each where it belongs; those past its end are dropped. */
@unmanaged
export class AppendCall {
  x: usize;
  state: usize;
  /** Of the first vector in the state, or of each of them. */
  position: usize;
  vectors: i32;
  features: i32;
  stateVectors: i32;
  /** Whether each vector has a position. */
  each: i32;
}

/** An item is a tile of x. */
export function append(call: AppendCall, item: i32, scratch: usize): void {
  const features = call.features;
  const width = tileWidth(call.vectors);
  if (call.each !== 0) {
    appendEach(call, item * width, min(width, call.vectors - item * width), scratch);
    return;
  }
  const start = load<i32>(call.position);
  const first = item * width;
  const count = min(width, min(call.vectors, call.stateVectors - start) - first);
  const from = changetype<TiledVectors>(scratch);
  const to = changetype<TiledVectors>(scratch + offsetof<TiledVectors>());
  from.set(call.x, call.vectors, features, 0, first);
  to.set(call.state, call.stateVectors, features, 0, start + first);
  for (let lane = 0; lane < count; lane += 4) {
    if (from.fourTogether(lane, count - lane) && to.fourTogether(lane, count - lane)) {
      copyFour(from.at(lane), from.step, to.at(lane), to.step, features);
      continue;
    }
    for (let each = lane; each < min(lane + 4, count); each++) {
      copyOne(from.at(each), from.step, to.at(each), to.step, features);
    }
  }
}

/** Vectors whose positions need not follow one another. */
function appendEach(call: AppendCall, first: i32, count: i32, scratch: usize): void {
  const from = changetype<TiledVectors>(scratch);
  const to = changetype<TiledVectors>(scratch + offsetof<TiledVectors>());
  from.set(call.x, call.vectors, call.features, 0, first);
  to.set(call.state, call.stateVectors, call.features, 0, 0);
  for (let lane = 0; lane < count; lane++) {
    const place = load<u32>(call.position + ((<usize>(first + lane)) << 2));
    if (place >= <u32>call.stateVectors) continue;
    copyOne(from.at(lane), from.step, to.at(<i32>place), to.step, call.features);
  }
}

/** Four vectors side by side, feature by feature. */
function copyFour(from: usize, fromStep: usize, to: usize, toStep: usize, features: i32): void {
  for (let f = 0; f < features; f++) {
    v128.store(to, v128.load(from));
    from += fromStep;
    to += toStep;
  }
}

function copyOne(from: usize, fromStep: usize, to: usize, toStep: usize, features: i32): void {
  for (let f = 0; f < features; f++) {
    store<i32>(to, load<i32>(from));
    from += fromStep;
    to += toStep;
  }
}
