import { uniform } from "@papilio/butterfly/numeric";
import { factorizationKernels } from "../wasm/factorization-kernels.ts";

/** The loops of factorizations by themselves, and numbers in their memory, one array behind the other. */
export interface DenseLoops<Exports> {
  readonly wasm: Exports;
  /** Begins anew. @param first numbers that are left out: address 0 is none to some loops */
  clear(first?: number): void;
  zeros(length: number): Float64Array;
  /** Random numbers. */
  draw(length: number): Float64Array;
}

/** @typeParam Exports of the module, those that a test calls */
export function openDenseLoops<Exports>(): DenseLoops<Exports> {
  const memory = new WebAssembly.Memory({ initial: 4 });
  const compiled = new WebAssembly.Module(new Uint8Array(factorizationKernels()));
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  const numbers = new Float64Array(memory.buffer);
  const next = uniform(5);
  let used = 0;
  const take = (length: number): Float64Array => {
    used += length;
    return numbers.subarray(used - length, used);
  };
  return {
    wasm: exports as Exports,
    clear: (first = 0) => {
      used = first;
    },
    zeros: (length) => take(length).fill(0),
    draw: (length) => {
      const drawn = take(length);
      for (let index = 0; index < length; index++) drawn[index] = next();
      return drawn;
    },
  };
}
