import type { FloatArray } from "@papilio/butterfly";
import { storedPattern } from "@papilio/butterfly/matrix";
import { fewBitsOf } from "@papilio/butterfly/numeric";
import { roundValues } from "../kernels/few-bits.ts";
import { pack } from "../kernels/pack.ts";
import type { PackedStage, PackedWeights } from "../kernels/packed-weights.ts";
import { type RunKernelOptions, runKernel } from "./run-kernel.ts";

/** Packs the values of all stages of a pass by the kernel. */
export function packWeights(
  weights: PackedWeights,
  values: readonly FloatArray[],
  options?: RunKernelOptions,
): { readonly packed: Float32Array; readonly overflows: boolean } {
  let packed = new Float32Array(weights.bytes / 4);
  let overflow = new Float32Array(1);
  values.forEach((array, stage) => {
    const few = fewBitsOf(weights.dtype);
    const { pattern, sharing } = weights.stages[stage] as PackedStage;
    const { a, b, c, d } = storedPattern(pattern, sharing);
    const rounded = few && roundValues(array, [a, b, c, d], few);
    const scales = new Float32Array(Math.ceil((rounded?.scales.length ?? 0) / 2));
    if (rounded) new Uint16Array(scales.buffer).set(rounded.scales);
    const operands = {
      ...{ values: rounded?.codes ?? Float32Array.from(array), weights: packed },
      ...{ overflow, scales },
    };
    const results = runKernel(pack({ weights, stage }), operands, options);
    packed = results.weights as Float32Array<ArrayBuffer>;
    overflow = (results.overflow ?? overflow) as Float32Array<ArrayBuffer>;
  });
  return { packed, overflows: new Uint32Array(overflow.buffer)[0] === 1 };
}
