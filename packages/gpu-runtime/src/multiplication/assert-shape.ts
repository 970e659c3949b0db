import { PapilioError } from "@papilio/butterfly";
import type { ComplexVectors, Vectors } from "../tensor/vectors.ts";

/** @throws PapilioError `TENSOR_MISMATCH` unless the vectors, real or complex, have this shape */
export function assertShape<T extends Vectors | ComplexVectors>(
  tensor: T,
  shape: Pick<T, "batch" | "layout" | "dtype">,
  features: number,
  role: string,
): void {
  const { batch, layout, dtype } = shape;
  if (
    tensor.batch !== batch ||
    tensor.features !== features ||
    tensor.layout !== layout ||
    tensor.dtype !== dtype
  ) {
    throw new PapilioError(
      "TENSOR_MISMATCH",
      `The ${role} is ${tensor.dtype} ${tensor.layout} with batch ${tensor.batch} and ${tensor.features} features; prepared for ${dtype} ${layout} with batch ${batch} and ${features} features.`,
      "Prepare a multiplication for this shape, or convert the tensor.",
    );
  }
}
