import { dropoutKey, keptLanes } from "../kept-lanes";
import {
  groupOffset,
  groupsBefore,
  groupsOfTile,
  loadGroup,
  stepOfFeatures,
  storeGroup,
} from "../lane-groups";
import { tileWidth } from "../layout";

/** Numbers of which some become 0, as `src/kernels/dropout.ts` says. */
@unmanaged
export class DropoutCall {
  /** One u32. */
  seed: usize;
  x: usize;
  y: usize;
  vectors: i32;
  features: i32;
  /** Tiles that are an item. */
  tilesEach: i32;
  stream: u32;
  /** Random numbers below it drop theirs. */
  threshold: u32;
  /** What the others are multiplied by. */
  scale: f32;
}

export function dropout(call: DropoutCall, item: i32, _scratch: usize): void {
  const vectors = call.vectors;
  const isOne = tileWidth(vectors) === 1;
  const key = dropoutKey(load<u32>(call.seed), call.stream);
  const end = groupsBefore(vectors, item + 1, call.tilesEach);
  let group = groupsBefore(vectors, item, call.tilesEach);
  for (; group < end; group++) {
    if (isOne) dropOfGroup<f32>(call, group, key);
    else dropOfGroup<v128>(call, group, key);
  }
}

function dropOfGroup<T>(call: DropoutCall, group: i32, key: u32): void {
  const features = call.features;
  const groups = groupsOfTile(call.vectors);
  const vector = (group / groups) * tileWidth(call.vectors) + ((group % groups) << 2);
  const step = stepOfFeatures(call.vectors);
  const offset = groupOffset(call.vectors, features, group);
  const keys = i32x4.splat(key);
  const threshold = i32x4.splat(call.threshold);
  const scale = f32x4.splat(call.scale);
  // Numbers of the elements, counted vector by vector whatever the layout.
  let index = i32x4.splat(vector * features);
  index = i32x4.replace_lane(index, 1, (vector + 1) * features);
  index = i32x4.replace_lane(index, 2, (vector + 2) * features);
  index = i32x4.replace_lane(index, 3, (vector + 3) * features);
  const one = i32x4.splat(1);
  let x = call.x + offset;
  let y = call.y + offset;
  for (const end = x + <usize>features * step; x < end; x += step, y += step) {
    const kept = keptLanes(index, keys, threshold);
    storeGroup<T>(y, v128.and(kept, f32x4.mul(loadGroup<T>(x), scale)));
    index = i32x4.add(index, one);
  }
}
