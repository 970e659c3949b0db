import { Pattern } from "@papilio/butterfly";
import type { Gpu } from "../device/gpu.ts";
import { paddedBytes } from "../tensor/dtype.ts";
import { prepareKroneckerSparse } from "./kronecker-sparse.ts";
import { assertFits } from "../tensor/buffer.ts";
import type { FactorValues, InputShape, Multiplication } from "./multiplication.ts";

/**
 * The product with the dense matrix, zeros included. A dense matrix is the Kronecker-sparse factor
 * `(1, rows, cols, 1)`, so this is the tiled product that the fused kernel becomes there.
 *
 * @throws BUFFER_TOO_LARGE, before the dense matrix is built, when the device cannot hold it.
 */
export function prepareDense(gpu: Gpu, factor: FactorValues, shape: InputShape): Multiplication {
  const { a, b, c, d, rows, cols } = factor.pattern;
  const pattern = new Pattern(1, rows, cols, 1);
  assertFits(gpu, paddedBytes(pattern.nonZeros, shape.dtype), "the dense matrix");
  const dense = new Float32Array(pattern.nonZeros);
  let read = 0;
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      for (let l = 0; l < c; l++) {
        for (let k = 0; k < d; k++) {
          dense[((i * b + j) * d + k) * cols + (i * c + l) * d + k] = factor.values[
            read++
          ] as number;
        }
      }
    }
  }
  return prepareKroneckerSparse(gpu, { pattern, values: dense }, shape);
}
