/**
 * Up to 16 queries side by side, which are copied out of their tiles and back, so that they may begin
 * anywhere in one: `[features, 4 · registers]`.
 */
import { TiledVectors } from "../../tiled-vectors";

/** Copies `count` queries from `first` on, multiplied by `scale`; lanes beyond them are 0. */
export function loadQueries(
  queries: TiledVectors,
  first: i32,
  count: i32,
  features: i32,
  scale: f32,
  block: usize,
): void {
  const row = (<usize>((count + 3) & ~3)) << 2;
  const step = queries.step;
  const scales = f32x4.splat(scale);
  for (let lane = 0; lane < count; lane += 4) {
    let to = block + ((<usize>lane) << 2);
    if (queries.fourTogether(first + lane, count - lane)) {
      let from = queries.at(first + lane);
      for (let e = 0; e < features; e++) {
        v128.store(to, f32x4.mul(v128.load(from), scales));
        from += step;
        to += row;
      }
      continue;
    }
    for (let e = 0; e < features; e++) v128.store(to + <usize>e * row, i32x4.splat(0));
    for (let each = lane; each < min(lane + 4, count); each++) {
      let from = queries.at(first + each);
      let at = to;
      for (let e = 0; e < features; e++) {
        store<f32>(at, load<f32>(from) * scale);
        from += step;
        at += row;
      }
      to += 4;
    }
  }
}

/** Copies them back, each multiplied by its own number. */
export function storeOutputs(
  block: usize,
  shares: usize,
  outputs: TiledVectors,
  first: i32,
  count: i32,
  features: i32,
): void {
  const row = (<usize>((count + 3) & ~3)) << 2;
  const step = outputs.step;
  for (let lane = 0; lane < count; lane += 4) {
    let from = block + ((<usize>lane) << 2);
    if (outputs.fourTogether(first + lane, count - lane)) {
      const share = v128.load(shares + ((<usize>lane) << 2));
      let to = outputs.at(first + lane);
      for (let e = 0; e < features; e++) {
        v128.store(to, f32x4.mul(v128.load(from), share));
        from += row;
        to += step;
      }
      continue;
    }
    for (let each = lane; each < min(lane + 4, count); each++) {
      const share = load<f32>(shares + ((<usize>each) << 2));
      let at = from;
      let to = outputs.at(first + each);
      for (let e = 0; e < features; e++) {
        store<f32>(to, load<f32>(at) * share);
        at += row;
        to += step;
      }
      from += 4;
    }
  }
}
