import { KroneckerSparse, Pattern } from "@papilio/butterfly";
import type { DeviceContext } from "../device/device-context.ts";
import { assertFits } from "../device/storage.ts";
import { paddedBytes } from "../tensor/dtype.ts";
import type { InputShape } from "../tensor/input-shape.ts";
import { prepareKroneckerSparse } from "./kronecker-sparse.ts";
import { type Multiplication, requireOperands } from "./multiplication.ts";

/**
 * The product with the dense matrix, zeros included. A dense matrix is the Kronecker-sparse factor
 * `(1, rows, cols, 1)`, so this is the tiled product that the fused kernel becomes there.
 *
 * @throws PapilioError `BUFFER_TOO_LARGE`, before the matrix is built, when the device cannot hold it
 */
export function prepareDense(
  gpu: DeviceContext,
  factor: KroneckerSparse,
  shape: InputShape,
): Multiplication {
  requireOperands(gpu, factor, shape);
  const { rows, cols } = factor.pattern;
  const pattern = new Pattern(1, rows, cols, 1);
  assertFits(gpu, paddedBytes(pattern.nonZeros, shape.dtype), "the dense matrix");
  return prepareKroneckerSparse(gpu, new KroneckerSparse(pattern, factor.dense()), shape);
}
