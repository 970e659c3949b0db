import { L2_NORM, LAYER_NORM } from "./kernel-options";
import { loadGroup } from "./lane-groups";
import { multiplyAdd } from "./vector-math";

/** The mean of a group's vectors, where their normalization takes it off; zeros otherwise. */
export function meanOfGroup<T>(norm: i32, x: usize, end: usize, step: usize, features: i32): v128 {
  let sum = f32x4.splat(0);
  if (norm !== LAYER_NORM) return sum;
  for (let at = x; at < end; at += step) sum = f32x4.add(sum, loadGroup<T>(at));
  return f32x4.div(sum, f32x4.splat(<f32>features));
}

/** What a vector is multiplied by, from the sum of the squares of its distances to the mean. */
export function normalizationFactor(norm: i32, epsilons: f32, features: i32, squares: v128): v128 {
  const epsilon = f32x4.splat(epsilons);
  const one = f32x4.splat(1);
  if (norm === L2_NORM) return f32x4.div(one, f32x4.max(f32x4.sqrt(squares), epsilon));
  const mean = f32x4.div(squares, f32x4.splat(<f32>features));
  return f32x4.div(one, f32x4.sqrt(f32x4.add(mean, epsilon)));
}

/** The sum of the squares of the distances to the mean. */
export function squaresOfGroup<T>(x: usize, end: usize, step: usize, mean: v128): v128 {
  let squares = f32x4.splat(0);
  for (let at = x; at < end; at += step) {
    const distance = f32x4.sub(loadGroup<T>(at), mean);
    squares = multiplyAdd(distance, distance, squares);
  }
  return squares;
}
