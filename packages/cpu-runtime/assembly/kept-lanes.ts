/** Which numbers dropout keeps, as `dropoutKeeps` of `@papilio/butterfly/numeric` draws it. */

/** The key of a stream of random words of a seed. */
export function dropoutKey(seed: u32, stream: u32): u32 {
  let word = seed + stream * 0x9e3779b9;
  word = (word ^ (word >> 16)) * 0x85ebca6b;
  word = (word ^ (word >> 13)) * 0xc2b2ae35;
  return word ^ (word >> 16);
}

/** All bits of the lanes whose elements are kept. */
export function keptLanes(index: v128, keys: v128, threshold: v128): v128 {
  const drawn = mixedLanes(i32x4.add(mixedLanes(v128.xor(index, keys)), keys));
  return i32x4.ge_u(drawn, threshold);
}

/** The finalizer of MurmurHash3, 32 bits. */
function mixedLanes(words: v128): v128 {
  words = i32x4.mul(v128.xor(words, i32x4.shr_u(words, 16)), i32x4.splat(0x85ebca6b));
  words = i32x4.mul(v128.xor(words, i32x4.shr_u(words, 13)), i32x4.splat(0xc2b2ae35));
  return v128.xor(words, i32x4.shr_u(words, 16));
}
