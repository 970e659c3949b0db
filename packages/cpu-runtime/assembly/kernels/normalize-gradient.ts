import { L2_NORM, LAYER_NORM } from "../kernel-options";
import { groupOffset, groupsBefore, loadGroup, stepOfFeatures, storeGroup } from "../lane-groups";
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

/** Scratch memory holds what a tile's vectors are changed by: {@link gradientOfTile}. */
export function normalizeGradient(call: NormalizeGradientCall, item: i32, scratch: usize): void {
  const vectors = call.vectors;
  const end = groupsBefore(vectors, item + 1, call.tilesEach);
  let group = groupsBefore(vectors, item, call.tilesEach);
  for (; group < end; group++) {
    const offset = groupOffset(vectors, call.features, group);
    if (tileWidth(vectors) === 1) {
      gradientOfGroup<f32>(call, offset, 4);
    } else if (tileWidth(vectors) === 16) {
      gradientOfTile(call, offset, scratch);
      group += 3;
    } else {
      gradientOfGroup<v128>(call, offset, stepOfFeatures(vectors));
    }
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
  const share = shareOf(call, factor, squares, products);
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
    storeGroup<T>(dx, f32x4.mul(factor, multiplySubtract(distance, share, gradient)));
  }
}

/**
 * A tile of 16 vectors, whose lines are read whole: four sums for each pass, which do not wait for one another. More
 * would not stay in registers.
 */
function gradientOfTile(call: NormalizeGradientCall, offset: usize, changes: usize): void {
  const x = call.x + offset;
  const end = x + ((<usize>call.features) << 6);
  const count = f32x4.splat(<f32>call.features);
  const layer = call.norm === LAYER_NORM;
  let mean0 = f32x4.splat(0);
  let mean1 = mean0;
  let mean2 = mean0;
  let mean3 = mean0;
  let sum0 = mean0;
  let sum1 = mean0;
  let sum2 = mean0;
  let sum3 = mean0;
  let weight = f32x4.splat(1);
  let weightAt = call.weight;
  let dy = call.dy + offset;
  if (layer) {
    for (let at = x; at < end; at += 64, dy += 64) {
      if (weightAt !== 0) {
        weight = v128.load32_splat(weightAt);
        weightAt += 4;
      }
      mean0 = f32x4.add(mean0, v128.load(at));
      mean1 = f32x4.add(mean1, v128.load(at, 16));
      mean2 = f32x4.add(mean2, v128.load(at, 32));
      mean3 = f32x4.add(mean3, v128.load(at, 48));
      sum0 = multiplyAdd(weight, v128.load(dy), sum0);
      sum1 = multiplyAdd(weight, v128.load(dy, 16), sum1);
      sum2 = multiplyAdd(weight, v128.load(dy, 32), sum2);
      sum3 = multiplyAdd(weight, v128.load(dy, 48), sum3);
    }
    mean0 = f32x4.div(mean0, count);
    mean1 = f32x4.div(mean1, count);
    mean2 = f32x4.div(mean2, count);
    mean3 = f32x4.div(mean3, count);
  }

  let squares0 = f32x4.splat(0);
  let squares1 = squares0;
  let squares2 = squares0;
  let squares3 = squares0;
  let products0 = squares0;
  let products1 = squares0;
  let products2 = squares0;
  let products3 = squares0;
  weightAt = call.weight;
  dy = call.dy + offset;
  for (let at = x; at < end; at += 64, dy += 64) {
    if (weightAt !== 0) {
      weight = v128.load32_splat(weightAt);
      weightAt += 4;
    }
    const distance0 = f32x4.sub(v128.load(at), mean0);
    squares0 = multiplyAdd(distance0, distance0, squares0);
    products0 = multiplyAdd(distance0, f32x4.mul(weight, v128.load(dy)), products0);
    const distance1 = f32x4.sub(v128.load(at, 16), mean1);
    squares1 = multiplyAdd(distance1, distance1, squares1);
    products1 = multiplyAdd(distance1, f32x4.mul(weight, v128.load(dy, 16)), products1);
    const distance2 = f32x4.sub(v128.load(at, 32), mean2);
    squares2 = multiplyAdd(distance2, distance2, squares2);
    products2 = multiplyAdd(distance2, f32x4.mul(weight, v128.load(dy, 32)), products2);
    const distance3 = f32x4.sub(v128.load(at, 48), mean3);
    squares3 = multiplyAdd(distance3, distance3, squares3);
    products3 = multiplyAdd(distance3, f32x4.mul(weight, v128.load(dy, 48)), products3);
  }

  storeChanges(call, changes, mean0, squares0, products0, sum0);
  storeChanges(call, changes + 64, mean1, squares1, products1, sum1);
  storeChanges(call, changes + 128, mean2, squares2, products2, sum2);
  storeChanges(call, changes + 192, mean3, squares3, products3, sum3);
  weightAt = call.weight;
  dy = call.dy + offset;
  let dx = call.dx + offset;
  for (let at = x; at < end; at += 64, dy += 64, dx += 64) {
    if (weightAt !== 0) {
      weight = v128.load32_splat(weightAt);
      weightAt += 4;
    }
    v128.store(dx, changed(changes, v128.load(at), f32x4.mul(v128.load(dy), weight)));
    v128.store(
      dx,
      changed(changes + 64, v128.load(at, 16), f32x4.mul(v128.load(dy, 16), weight)),
      16,
    );
    v128.store(
      dx,
      changed(changes + 128, v128.load(at, 32), f32x4.mul(v128.load(dy, 32), weight)),
      32,
    );
    v128.store(
      dx,
      changed(changes + 192, v128.load(at, 48), f32x4.mul(v128.load(dy, 48), weight)),
      48,
    );
  }
}

/** Mean, share of the distances, and mean gradient, and the factor of all that. */
function storeChanges(
  call: NormalizeGradientCall,
  changes: usize,
  mean: v128,
  squares: v128,
  products: v128,
  sum: v128,
): void {
  const factor = normalizationFactor(call.norm, call.epsilon, call.features, squares);
  v128.store(changes, mean);
  v128.store(changes, shareOf(call, factor, squares, products), 16);
  v128.store(changes, f32x4.div(sum, f32x4.splat(<f32>call.features)), 32);
  v128.store(changes, factor, 48);
}

function changed(changes: usize, x: v128, gradient: v128): v128 {
  const distance = f32x4.sub(x, v128.load(changes));
  const rest = f32x4.sub(gradient, v128.load(changes, 32));
  const change = multiplySubtract(distance, v128.load(changes, 16), rest);
  return f32x4.mul(v128.load(changes, 48), change);
}

/** By what each distance to the mean changes the gradient. */
function shareOf(call: NormalizeGradientCall, factor: v128, squares: v128, products: v128): v128 {
  const share = f32x4.mul(f32x4.mul(factor, factor), products);
  if (call.norm !== L2_NORM) return f32x4.div(share, f32x4.splat(<f32>call.features));
  // A vector that is not longer than epsilon is divided by that, which does not depend on it.
  const short = f32x4.le(f32x4.sqrt(squares), f32x4.splat(call.epsilon));
  return v128.andnot(share, short);
}
