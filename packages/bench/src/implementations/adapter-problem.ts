import { type KroneckerSparse, PapilioError, type PermutedButterfly } from "@papilio/butterfly";
import { invertPermutation, permuteFeatures } from "@papilio/butterfly/matrix";
import type { Problem } from "./implementation.ts";

/** A dense weight and the rotation of an adapter: `y = W (R x)`. */
export interface Adapter {
  readonly weight: KroneckerSparse;
  readonly rotation: PermutedButterfly;
}

/** @throws PapilioError `OPERATION_MISMATCH` where it has no adapter */
export function requireAdapter(name: string, { adapter }: Problem): Adapter {
  if (adapter !== undefined) return adapter;
  throw new PapilioError(
    "OPERATION_MISMATCH",
    `${name} of an adapter was given another operation.`,
    "Measure it on cases whose operation is adapt.",
  );
}

/** The weight with the permutation of the rotation's outputs in the order of its columns, `W P`. */
export function weightOfOrder({ weight, rotation }: Adapter): KroneckerSparse {
  const { left } = rotation;
  if (left === undefined) return weight;
  const { rows } = weight.pattern;
  // Column `q` of W P is the column of W that takes position q.
  const inverse = invertPermutation(left);
  return weight.map((values) =>
    permuteFeatures(inverse, values, { batch: rows, layout: "batch-first" }),
  );
}

/** The identity with the permutation of the rotation's inputs, `[n, n]`: column `v` in row `v`. */
export function permutedIdentity({ rotation }: Adapter): Float32Array {
  const { right, cols } = rotation;
  const rows = new Float32Array(cols * cols);
  for (let position = 0; position < cols; position++) {
    rows[(right?.[position] ?? position) * cols + position] = 1;
  }
  return rows;
}
