import { requireFactor, requirePattern } from "../errors/matrix-checks.ts";
import { type FloatArray, indices, zerosLike } from "../numeric/float-array.ts";
import { Pattern } from "../pattern/pattern.ts";
import { KroneckerSparse } from "./kronecker-sparse.ts";

/*
 * A factor W of pattern (a, b, c, d) is a shuffle, a block-diagonal matrix, and a shuffle:
 *
 *     W = outputShuffle · blockDiagonal · inputShuffle
 *
 * Source: arXiv 2405.15013, Algorithm 1. The two shuffles are the memory rewriting that a fused
 * kernel does not do. A permutation is an index map, as in permutation.ts.
 */

/**
 * The perfect shuffle of `[outer, rows, columns]` to `[outer, columns, rows]`, as an index map. Its
 * inverse is `perfectShuffle(outer, columns, rows)`.
 *
 * @throws PapilioError `ARRAY_TOO_LARGE`
 */
export function perfectShuffle(outer: number, rows: number, columns: number): Uint32Array {
  const map = indices(outer * rows * columns);
  let position = 0;
  for (let i = 0; i < outer; i++) {
    for (let column = 0; column < columns; column++) {
      for (let row = 0; row < rows; row++) map[position++] = (i * rows + row) * columns + column;
    }
  }
  return map;
}

/** Brings the inputs of each block together: `[a, c, d]` to `[a, d, c]`. Map of `cols` indices. */
export function inputShuffle(pattern: Pattern): Uint32Array {
  requirePattern("The pattern", pattern);
  const { a, c, d } = pattern;
  return perfectShuffle(a, c, d);
}

/** Puts the outputs of each block in their places: `[a, d, b]` to `[a, b, d]`. `rows` indices. */
export function outputShuffle(pattern: Pattern): Uint32Array {
  requirePattern("The pattern", pattern);
  const { a, b, d } = pattern;
  return perfectShuffle(a, d, b);
}

/**
 * The block-diagonal matrix between the two shuffles: a factor of pattern `(a*d, b, c, 1)` with the
 * same blocks, stored as `[a, d, b, c]`.
 */
export function blockDiagonal<V extends FloatArray>(
  factor: KroneckerSparse<V>,
): KroneckerSparse<V> {
  requireFactor("The factor", factor);
  const { pattern, values } = factor.expand();
  const { a, b, c, d, blocks, nonZeros } = pattern;
  const stored = zerosLike(values, nonZeros);
  // Within each i the values are a matrix [b*c, d], and its transpose is wanted.
  let index = 0;
  for (let i = 0; i < a; i++) {
    for (let k = 0; k < d; k++) {
      for (let entry = 0; entry < b * c; entry++) {
        stored[index++] = values[(i * b * c + entry) * d + k] as number;
      }
    }
  }
  return new KroneckerSparse(new Pattern(blocks, b, c, 1), stored);
}
