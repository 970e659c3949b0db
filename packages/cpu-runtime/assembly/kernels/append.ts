import { tileWidth } from "../layout";
import { TiledVectors } from "../tiled-vectors";

/** Writes vectors into a state from a position on; those past its end are dropped. */
@unmanaged
export class AppendCall {
  x: usize;
  state: usize;
  /** Of the first vector in the state. */
  position: usize;
  vectors: i32;
  features: i32;
  stateVectors: i32;
}

/** An item is a tile of x. */
export function append(call: AppendCall, item: i32, scratch: usize): void {
  const features = call.features;
  const width = tileWidth(call.vectors);
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
