import { loadGroup } from "./lane-groups";
import { exp } from "./vector-math";

/** Features that are added up before their sum is added to the others, and for which the largest is found first. */
const RUN: i32 = 128;

/** Below all numbers but minus infinity, of whose distance to this the exponential is 0. */
const LOWEST: f32 = -f32.MAX_VALUE;

/**
 * Of four vectors, in one pass over memory: the largest of their features, and the sum of the exponentials of the
 * distances to it, which is corrected whenever a larger one is found. NaN makes the sum NaN, as infinity does.
 */
@unmanaged
export class ExponentialSum {
  most: v128;
  total: v128;
  /** The sum of the distances below the largest. */
  distances: v128;
}

/** Of the features from `x` on, which are `step` bytes apart. */
export function sumExponentials<T>(
  sum: ExponentialSum,
  x: usize,
  step: usize,
  features: i32,
): void {
  let most = f32x4.splat(LOWEST);
  let total = f32x4.splat(0);
  let distances = f32x4.splat(0);
  for (let first = 0; first < features; first += RUN) {
    const end = x + <usize>min(RUN, features - first) * step;
    let larger = most;
    // NaN is no larger number, but its power is NaN, and so is the sum.
    for (let at = x; at < end; at += step) larger = f32x4.pmax(larger, loadGroup<T>(at));
    if (first > 0) {
      const rise = f32x4.sub(larger, most);
      total = f32x4.mul(total, exp(f32x4.neg(rise)));
      distances = f32x4.add(distances, f32x4.mul(rise, f32x4.splat(<f32>first)));
    }
    most = larger;
    let powers = f32x4.splat(0);
    let below = f32x4.splat(0);
    for (; x < end; x += step) {
      const distance = f32x4.sub(most, loadGroup<T>(x));
      powers = f32x4.add(powers, exp(f32x4.neg(distance)));
      below = f32x4.add(below, distance);
    }
    total = f32x4.add(total, powers);
    distances = f32x4.add(distances, below);
  }
  sum.most = most;
  sum.total = total;
  sum.distances = distances;
}
