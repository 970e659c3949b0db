import { requireArray, requireFloats, requireOneOf } from "../errors/argument-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import { CODE_GRIDS, FEW_BITS, type FewBits } from "../numeric/code-grids.ts";
import { type QuantizedValues, requireQuantized } from "../numeric/few-bits.ts";
import { forEachGroup, groupOf } from "../numeric/few-bits-groups.ts";
import type { FloatArray } from "../numeric/float-array.ts";
import { decodeHalf } from "../numeric/half-precision.ts";
import { nearest } from "./grid.ts";

/**
 * The scale of each value of few bits, in the order of the values.
 *
 * @throws PapilioError `VALUES_LENGTH`, `OPTION_INVALID`, `ARRAY_TYPE`, `VALUE_RANGE`
 */
export function valueScales(quantized: QuantizedValues): Float32Array<ArrayBuffer> {
  requireQuantized(quantized);
  const { shape, codes } = quantized;
  const known = decodeHalf(quantized.scales);
  const scales = new Float32Array(codes.length);
  forEachGroup(shape, groupOf(shape), (index, visit) => {
    const scale = known[index] as number;
    visit((at) => {
      scales[at] = scale;
    });
  });
  return scales;
}

/**
 * Values rounded to the nearest that a type has with given scales, as {@link valueScales} has them: for values that change
 * while their scales stay, such as weights that are trained. `quantizeValues` keeps the result where values of a group have
 * one scale that the type has. A scale of 0 gives 0.
 *
 * @param scales of each value
 * @throws PapilioError `ARRAY_TYPE`, `OPTION_INVALID`; `VALUES_LENGTH` unless there is a scale of each value
 */
export function roundToScales(
  values: FloatArray,
  scales: Float32Array,
  dtype: FewBits,
): Float32Array<ArrayBuffer> {
  requireFloats("The values", values);
  requireArray("The scales", scales, "Float32Array");
  requireOneOf("The element type", dtype, FEW_BITS);
  if (scales.length !== values.length) {
    throw new PapilioError(
      "VALUES_LENGTH",
      `There are ${values.length} values, but ${scales.length} scales are given.`,
      "Give the scale of each value.",
    );
  }
  const grid = CODE_GRIDS[dtype];
  return Float32Array.from(scales, (scale, at) =>
    // The sum leaves no zero of negative sign, which codes do not have.
    scale === 0 ? 0 : scale * nearest((values[at] as number) / scale, grid) + 0,
  );
}
