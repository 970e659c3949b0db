import { getFloat16, setFloat16 } from "@petamoriken/float16";
import type { CpuVectors } from "./packed-chain.ts";

/** Numbers from the bits of half precision. */
export function fromHalves(bits: CpuVectors): Float32Array {
  const view = new DataView(bits.buffer, bits.byteOffset, bits.byteLength);
  return Float32Array.from(bits, (_, index) => getFloat16(view, 2 * index, true));
}

/** The bits of numbers, rounded to half precision. */
export function toHalves(numbers: Float32Array): Uint16Array {
  const bits = new Uint16Array(numbers.length);
  const view = new DataView(bits.buffer);
  numbers.forEach((value, index) => {
    setFloat16(view, 2 * index, value, true);
  });
  return bits;
}
