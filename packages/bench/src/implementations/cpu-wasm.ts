import { compile, DisposableStack } from "@papilio/butterfly";
import { cpu } from "@papilio/cpu-runtime";
import { decode, encode } from "@papilio/gpu-runtime/kernels";
import type { CpuImplementation, PreparedOnHost, Problem } from "./implementation.ts";

/** The CPU backend: WebAssembly with SIMD, as many threads as there are processors. */
export const cpuWasm: CpuImplementation = {
  name: "cpu-wasm",
  description: "WebAssembly SIMD on the CPU, all threads, factors merged and fused in the cache",
  processor: "cpu",
  prepare,
};

async function prepare({
  butterfly,
  shape,
  hostInput,
  inputCount,
}: Problem): Promise<PreparedOnHost> {
  using held = new DisposableStack();
  const weights = held.use(await compile(butterfly, cpu()));
  const isHalf = shape.dtype === "f16";
  const { rows } = butterfly.chain;
  // Where the backend's own memory is full or has no halves, arrays of the engine do, copied each time.
  const place = (length: number): Float32Array | Uint16Array =>
    isHalf ? new Uint16Array(length) : held.use(weights.allocate(length)).values;
  const stored = isHalf
    ? new Uint16Array(encode(hostInput, "f16").buffer, 0, hostInput.length)
    : hostInput;
  const vectors = Array.from({ length: inputCount }, () => {
    const x = place(hostInput.length);
    x.set(stored);
    return x;
  });
  const y = place(rows * shape.batch);
  let next = 0;
  const owned = held.move();
  return {
    bytes: weights.bytes,
    terms: weights.terms(shape),
    plan: weights.plan(shape).name,
    run: async (repeats) => {
      for (let repeat = 0; repeat < repeats; repeat++) {
        const x = vectors[next++ % vectors.length] as typeof y;
        await weights.multiply(x, shape, { out: y });
      }
    },
    output: () =>
      isHalf ? decode(y.slice().buffer as ArrayBuffer, y.length, "f16") : new Float32Array(y),
    [Symbol.dispose]: () => owned.dispose(),
  };
}
