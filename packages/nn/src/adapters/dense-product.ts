import { KroneckerSparse, Pattern } from "@papilio/butterfly";
import { referenceProduct } from "@papilio/butterfly/matrix";

/** The product of dense matrices `[rows, inner]` and `[inner, cols]`, row-major, in float64. */
export function denseProduct(left: Float64Array, right: Float64Array, inner: number): Float64Array {
  const pattern = new Pattern(1, left.length / inner, inner, 1);
  const batch = right.length / inner;
  return referenceProduct(new KroneckerSparse(pattern, left), right, {
    batch,
    layout: "batch-last",
  });
}
