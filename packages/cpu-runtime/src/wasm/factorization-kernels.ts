import { decode } from "./decode.ts";
import { DENSE } from "./dense-binary.ts";

/**
 * The inner loops of factorizations in WebAssembly SIMD, in double precision: for the option `kernels` of
 * `factorize` of `@papilio/butterfly/factorization`.
 *
 * @returns a module of some kilobytes, which each thread of a factorization compiles once
 *
 * @example
 * ```ts
 * const kernels = factorizationKernels();
 * const { matrix, error } = await factorize(weights, Chain.monarch(1024), { kernels });
 * ```
 */
export function factorizationKernels(): Uint8Array {
  return decode(DENSE);
}
