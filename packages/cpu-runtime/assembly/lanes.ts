/** Vectors that are gathered into the lanes of a tile, or scattered out of them. */

/** One number from each of four places. */
export function gather4(a: usize, b: usize, c: usize, d: usize): v128 {
  const two = v128.load32_lane(b, v128.load32_zero(a), 1);
  return v128.load32_lane(d, v128.load32_lane(c, two, 2), 3);
}

/** Whether four numbers follow one another. */
export function areTogether(a: usize, b: usize, c: usize, d: usize): bool {
  return b === a + 4 && c === a + 8 && d === a + 12;
}

/** Four lanes, or one where a tile has no more. */
export function storeLanes(to: usize, numbers: v128, width: i32): void {
  if (width === 1) v128.store32_lane(to, numbers, 0);
  else v128.store(to, numbers);
}

/** Zeros in so many places, `step` bytes apart: four lanes of each, or one where a tile has no more. */
export function clearLanes(count: i32, to: usize, step: usize, width: i32): void {
  for (let left = count; left > 0; left--, to += step) storeLanes(to, f32x4.splat(0), width);
}

/** The sum of the lanes, the first two and the last two first. */
export function sumOfLanes(numbers: v128): f32 {
  const pairs = f32x4.add(numbers, i32x4.shuffle(numbers, numbers, 1, 0, 3, 2));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 2);
}

/** {@link sumOfLanes} of each of four. */
export function sumsOfLanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(i32x4.shuffle(a, b, 0, 2, 4, 6), i32x4.shuffle(a, b, 1, 3, 5, 7));
  const cd = f32x4.add(i32x4.shuffle(c, d, 0, 2, 4, 6), i32x4.shuffle(c, d, 1, 3, 5, 7));
  return f32x4.add(i32x4.shuffle(ab, cd, 0, 2, 4, 6), i32x4.shuffle(ab, cd, 1, 3, 5, 7));
}

/** The largest lane; NaN where there is one. */
export function largestLane(numbers: v128): f32 {
  const pairs = f32x4.max(numbers, i32x4.shuffle(numbers, numbers, 1, 0, 3, 2));
  return max<f32>(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 2));
}

/** For each of four lanes, all bits where its number is from `first` to `end - 1`. */
export function lanesWithin(first: i32, end: i32): v128 {
  const lanes = i32x4(0, 1, 2, 3);
  const after = i32x4.ge_s(lanes, i32x4.splat(first));
  return v128.and(after, i32x4.lt_s(lanes, i32x4.splat(end)));
}

/** The first numbers that follow one another, at most four; zeros beside fewer. */
export function loadFirst(at: usize, count: i32): v128 {
  if (count >= 4) return v128.load(at);
  let numbers = v128.load32_zero(at);
  if (count > 1) numbers = v128.load32_lane(at + 4, numbers, 1);
  if (count > 2) numbers = v128.load32_lane(at + 8, numbers, 2);
  return numbers;
}

/** Stores the first lanes, at most four. */
export function storeFirst(at: usize, numbers: v128, count: i32): void {
  if (count >= 4) {
    v128.store(at, numbers);
    return;
  }
  v128.store32_lane(at, numbers, 0);
  if (count > 1) v128.store32_lane(at + 4, numbers, 1);
  if (count > 2) v128.store32_lane(at + 8, numbers, 2);
}
