import type { KroneckerSparse } from "@papilio/butterfly";
import { requireObject, requireOneOf } from "@papilio/butterfly/errors";
import {
  BIPOLAR_BITS,
  type BipolarBits,
  bipolarPlanesWords,
  packBipolar,
  roundBipolar,
} from "@papilio/butterfly/numeric";
import type { DeviceContext } from "../device/device-context.ts";
import { bipolarPlanesKernel } from "../kernels/bipolar/planes.ts";
import { sizesOf } from "../kernels/bipolar/problem.ts";
import { bipolarProductKernel } from "../kernels/bipolar/product.ts";
import { Scratch } from "../memory/scratch.ts";
import type { InputShape } from "../tensor/input-shape.ts";
import { type Multiplication, multiplication } from "./multiplication.ts";

export interface BipolarOptions {
  /** Bits of weights and of vectors. */
  readonly weightBits: BipolarBits;
  readonly vectorBits: BipolarBits;
}

/**
 * The product of bipolar numbers of few bits: weights are rounded when they are packed, vectors by the first of two
 * dispatches, both as `roundBipolar` rounds. The second counts bits that differ.
 *
 * @throws PapilioError `OPTION_INVALID`, `F16_UNAVAILABLE`, `BUFFER_TOO_LARGE`; `VALUE_RANGE` for a value that is not
 *   finite
 */
export function prepareBipolar(
  gpu: DeviceContext,
  factor: KroneckerSparse,
  shape: InputShape,
  options: BipolarOptions,
): Multiplication {
  requireObject("The options", options, "bits", "weightBits", "vectorBits");
  const { weightBits, vectorBits } = options;
  for (const bits of [weightBits, vectorBits]) {
    requireOneOf("The number of bits", bits, BIPOLAR_BITS);
  }
  return multiplication(gpu, factor, shape, (buffers, { problem, factor: part }) => {
    const { pattern, values } = part.expand();
    const { batch, layout, dtype } = problem;
    const own = { pattern, batch, layout, dtype };
    const sizes = sizesOf(pattern);
    const packed = packBipolar(roundBipolar(values, sizes, weightBits));
    const weights = buffers.uploadIndices(packed, "bipolar weights");
    const round = bipolarPlanesKernel({ ...own, bits: vectorBits });
    const multiply = bipolarProductKernel({ ...own, weightBits, vectorBits });
    const bytes = 4 * batch * bipolarPlanesWords(sizes, vectorBits);
    return (x, y) => {
      const planes = new Scratch(bytes, "planes of vectors");
      return [
        { kernel: round, buffers: [x, planes], role: "rewrite" },
        { kernel: multiply, buffers: [planes, weights, y], role: "multiply" },
      ];
    };
  });
}
