import type { FloatArray } from "@papilio/butterfly";
import { pack } from "../kernels/pack.ts";
import type { PackedWeights } from "../kernels/packed-weights.ts";
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
    const operands = { values: Float32Array.from(array), weights: packed, overflow };
    const results = runKernel(pack({ weights, stage }), operands, options);
    packed = results.weights as Float32Array<ArrayBuffer>;
    overflow = (results.overflow ?? overflow) as Float32Array<ArrayBuffer>;
  });
  return { packed, overflows: new Uint32Array(overflow.buffer)[0] === 1 };
}
