import { L2_NORM, LAYER_NORM } from "../kernel-options";
import {
  endOfGroups,
  groupOffset,
  groupsOfTile,
  loadGroup,
  stepOfFeatures,
  storeGroup,
} from "../lane-groups";
import { tileWidth } from "../layout";
import { meanOfGroup, normalizationFactor } from "../normalization";
import { multiplyAdd, multiplySubtract } from "../vector-math";

/** The gradient of the vectors that are normalized, as `src/kernels/normalize-gradient.ts` says. */
@unmanaged
export class NormalizeGradientCall {
  x: usize;
  dy: usize;
  dx: usize;
  /** `[features]`; 0 without. */
  weight: usize;
  vectors: i32;
  features: i32;
  norm: i32;
  epsilon: f32;
  /** Tiles that are an item. */
  tilesEach: i32;
}

export function normalizeGradient(call: NormalizeGradientCall, item: i32, _scratch: usize): void {
  const vectors = call.vectors;
  const end = endOfGroups(vectors, item, call.tilesEach);
  for (let group = item * call.tilesEach * groupsOfTile(vectors); group < end; group++) {
    const offset = groupOffset(vectors, call.features, group);
    if (tileWidth(vectors) === 1) gradientOfGroup<f32>(call, offset, 4);
    else gradientOfGroup<v128>(call, offset, stepOfFeatures(vectors));
  }
}

function gradientOfGroup<T>(call: NormalizeGradientCall, offset: usize, step: usize): void {
  const features = call.features;
  const norm = call.norm;
  const x = call.x + offset;
  const end = x + <usize>features * step;
  const mean = meanOfGroup<T>(norm, x, end, step, features);

  let squares = f32x4.splat(0);
  let sum = f32x4.splat(0);
  let products = f32x4.splat(0);
  let weight = f32x4.splat(1);
  let weightAt = call.weight;
  let dy = call.dy + offset;
  for (let at = x; at < end; at += step, dy += step) {
    const distance = f32x4.sub(loadGroup<T>(at), mean);
    let gradient = loadGroup<T>(dy);
    if (weightAt !== 0) {
      gradient = f32x4.mul(gradient, v128.load32_splat(weightAt));
      weightAt += 4;
    }
    squares = multiplyAdd(distance, distance, squares);
    sum = f32x4.add(sum, gradient);
    products = multiplyAdd(distance, gradient, products);
  }

  const factor = normalizationFactor(norm, call.epsilon, features, squares);
  const count = f32x4.splat(<f32>features);
  let common = f32x4.mul(f32x4.mul(factor, factor), products);
  if (norm === L2_NORM) {
    // A vector that is not longer than epsilon is divided by that, which does not depend on it.
    const short = f32x4.le(f32x4.sqrt(squares), f32x4.splat(call.epsilon));
    common = v128.andnot(common, short);
  } else {
    common = f32x4.div(common, count);
  }
  const offBy = norm === LAYER_NORM ? f32x4.div(sum, count) : f32x4.splat(0);

  weightAt = call.weight;
  dy = call.dy + offset;
  let dx = call.dx + offset;
  for (let at = x; at < end; at += step, dy += step, dx += step) {
    const distance = f32x4.sub(loadGroup<T>(at), mean);
    if (weightAt !== 0) {
      weight = v128.load32_splat(weightAt);
      weightAt += 4;
    }
    const gradient = f32x4.sub(f32x4.mul(loadGroup<T>(dy), weight), offBy);
    storeGroup<T>(dx, f32x4.mul(factor, multiplySubtract(distance, common, gradient)));
  }
}
