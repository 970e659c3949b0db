import {
  type BatchShape,
  type Butterfly,
  type FloatArray,
  type FloatDtype,
  type Verification,
  verify,
} from "@papilio/butterfly";
import { referenceProduct, subnormalOperands } from "@papilio/butterfly/matrix";

/** Compares `y`, computed from `x` in stages, with the float64 product, each element within its bound. */
export function verifyProduct(
  butterfly: Butterfly<FloatArray>,
  x: FloatArray,
  y: FloatArray,
  shape: BatchShape,
  terms: readonly number[],
  dtype: FloatDtype = "f32",
): Verification {
  const reference = referenceProduct(butterfly, Float64Array.from(x), shape);
  const magnitude = referenceProduct(butterfly.absolute(), Float64Array.from(x, Math.abs), shape);
  const magnification = butterfly.magnification();
  return verify(y, reference, magnitude, {
    dtype,
    terms,
    magnification,
    roundedValues: { largestInput: magnification },
    subnormalOperands: subnormalOperands(butterfly, x, magnitude, { ...shape, dtype }),
  });
}
