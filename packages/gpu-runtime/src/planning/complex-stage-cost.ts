import type { Chain } from "@papilio/butterfly";
import type { AdapterReport } from "../device/report.ts";
import { LOOP_OUTPUTS } from "../kernels/complex-chain/loop-shader.ts";
import type { DeviceRates } from "../rates/measure-rates.ts";

/** Bytes of a complex64 number. */
export const COMPLEX_BYTES = 8;

/** Multiply-adds in the product of two complex numbers. */
const PRODUCT = 4;

/**
 * What instructions take beside, in multiply-adds: a load of an input, a store of an output, bringing a
 * weight to its product. Measured on lavapipe (Mesa 25, two cores) with dyadic chains of 64 to 4096 and what
 * their factors fuse and merge into: an output takes 4 ns, and 0.33 ns for each product in it.
 */
const INSTRUCTIONS = {
  hardware: { load: 1, store: 1, weight: 0 },
  software: { load: 60, store: 60, weight: 6 },
};

/**
 * Predicted seconds of one complex stage: the slower of memory and instructions, and its dispatch.
 *
 * @param chain the factors that its kernel multiplies by: one, unless they are fused
 * @param unrolled whether an invocation keeps a block; else it reads an input for each few outputs
 */
export function complexStageSeconds(
  kind: AdapterReport["kind"],
  rates: DeviceRates,
  chain: Chain,
  batch: number,
  { unrolled }: { readonly unrolled: boolean },
): number {
  const { b, c, blocks, rows, cols } = chain.product();
  const { load, store, weight } = INSTRUCTIONS[kind];
  const values = chain.nonZeros;
  const reads = unrolled ? 1 : Math.ceil(b / LOOP_OUTPUTS);
  const moves = blocks * (c * reads * load + b * store);
  const instructions = batch * (values * (PRODUCT + weight) + moves);
  const memory = (COMPLEX_BYTES * (batch * (rows + cols) + values)) / rates.copyBytesPerSecond;
  return Math.max(memory, (2 * instructions) / rates.flopsPerSecond) + rates.dispatchSeconds;
}
