import { fromHalf, toHalf } from "../files/half-precision.ts";
import type { CpuVectors } from "./packed-chain.ts";

/** Numbers from the bits of half precision. */
export function fromHalves(bits: CpuVectors): Float32Array {
  return Float32Array.from(bits, fromHalf);
}

/** The bits of numbers, rounded to half precision. */
export function toHalves(numbers: Float32Array): Uint16Array {
  return Uint16Array.from(numbers, toHalf);
}
