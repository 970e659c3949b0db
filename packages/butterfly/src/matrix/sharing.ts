import { requireBoolean, requireObject } from "../errors/argument-checks.ts";
import { requirePattern } from "../errors/matrix-checks.ts";
import { type FloatArray, zerosLike } from "../numeric/float-array.ts";
import { Pattern } from "../pattern/pattern.ts";

/**
 * Along which axes of `[a, b, c, d]` the blocks of a factor are equal, and stored once. Those of
 * Hadamard factors are along both, those of Fourier factors along one.
 */
export interface Sharing {
  readonly a: boolean;
  readonly d: boolean;
}

export const UNSHARED: Sharing = Object.freeze({ a: false, d: false });

/** The pattern of what is stored: a single super-block, or blocks for a single `k`, where they are shared. */
export function storedPattern(pattern: Pattern, sharing: Sharing): Pattern {
  requirePattern("The pattern", pattern);
  requireObject("The sharing", sharing, "an object with a and d");
  requireBoolean("Whether a is shared", sharing.a);
  requireBoolean("Whether d is shared", sharing.d);
  const { a, b, c, d } = pattern;
  return new Pattern(sharing.a ? 1 : a, b, c, sharing.d ? 1 : d);
}

/**
 * Stored values with other axes shared: along an axis that no longer is, blocks are repeated; along one that
 * becomes shared, the first is kept. That the others are equal to it is not checked.
 */
export function reshareValues<V extends FloatArray>(
  values: V,
  pattern: Pattern,
  from: Sharing,
  to: Sharing,
): V {
  const [source, target] = [storedPattern(pattern, from), storedPattern(pattern, to)];
  const blocks = pattern.b * pattern.c;
  const changed = zerosLike(values, target.nonZeros);
  let index = 0;
  for (let i = 0; i < target.a; i++) {
    const superBlock = (from.a ? 0 : i) * blocks;
    for (let entry = 0; entry < blocks; entry++) {
      const row = (superBlock + entry) * source.d;
      for (let k = 0; k < target.d; k++) {
        changed[index++] = values[row + (from.d ? 0 : k)] as number;
      }
    }
  }
  return changed;
}

/**
 * Finds along which axes all blocks of canonical values are equal, bit by bit: 0 is not -0, and a NaN
 * equals nothing. An axis of length 1 has nothing to share.
 */
export function findSharing({ a, b, c, d }: Pattern, values: FloatArray): Sharing {
  const superBlock = b * c * d;
  const equal = (p: number, q: number): boolean => {
    const [left, right] = [values[p] as number, values[q] as number];
    return Object.is(left, right) && !Number.isNaN(left);
  };
  const every = (count: number, holds: (index: number) => boolean): boolean => {
    for (let index = 0; index < count; index++) if (!holds(index)) return false;
    return true;
  };
  return {
    a: a > 1 && every(superBlock, (at) => every(a, (i) => equal(at, i * superBlock + at))),
    d: d > 1 && every(a * b * c, (at) => every(d, (k) => equal(at * d, at * d + k))),
  };
}
