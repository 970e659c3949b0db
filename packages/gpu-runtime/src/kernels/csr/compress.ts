import type { Pattern } from "@papilio/butterfly";

/** A matrix in compressed sparse row form. */
export interface CompressedRows {
  readonly values: Float32Array<ArrayBuffer>;
  /** `rows + 1` positions in `values`. */
  readonly starts: Uint32Array<ArrayBuffer>;
  /** One column for each value. */
  readonly indices: Uint32Array<ArrayBuffer>;
}

/** The factor with canonical values `[a, b, c, d]` in compressed sparse row form. */
export function compressRows(pattern: Pattern, values: Float32Array): CompressedRows {
  const { a, b, c, d, rows, nonZeros } = pattern;
  const result = {
    values: new Float32Array(nonZeros),
    starts: new Uint32Array(rows + 1),
    indices: new Uint32Array(nonZeros),
  };
  let e = 0;
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      for (let k = 0; k < d; k++) {
        for (let l = 0; l < c; l++, e++) {
          result.values[e] = values[((i * b + j) * c + l) * d + k] as number;
          result.indices[e] = (i * c + l) * d + k;
        }
        result.starts[(i * b + j) * d + k + 1] = e;
      }
    }
  }
  return result;
}
