import { type Dropout, dropoutThreshold } from "@papilio/butterfly/numeric";

/**
 * WGSL for `dropped(number, index)`: the number divided by the share that is kept, or 0 where that element is dropped, as
 * `dropoutKeeps` of `@papilio/butterfly/numeric` draws it. It reads the binding `seed`, one u32.
 */
export function dropoutWgsl({ rate, stream }: Dropout): string {
  return `// The finalizer of MurmurHash3, 32 bits.
fn mixed(given: u32) -> u32 {
  var word = (given ^ (given >> 16u)) * 0x85ebca6bu;
  word = (word ^ (word >> 13u)) * 0xc2b2ae35u;
  return word ^ (word >> 16u);
}

fn dropped(number: f32, index: u32) -> f32 {
  let key = mixed(seed[0] + ${Math.imul(stream, 0x9e3779b9) >>> 0}u);
  let drawn = mixed(mixed(index ^ key) + key);
  return select(0.0, number * ${1 / (1 - rate)}, drawn >= ${dropoutThreshold(rate)}u);
}

`;
}
