import { compile, DisposableStack, type FloatArray } from "@papilio/butterfly";
import { type CpuMatrix, type CpuVectors, cpu } from "@papilio/cpu-runtime";
import { decode, encode } from "@papilio/gpu-runtime/kernels";
import type {
  CpuImplementation,
  DoubleProblem,
  PreparedOnHost,
  Problem,
} from "./implementation.ts";

/** The CPU backend: WebAssembly with SIMD, as many threads as there are processors. */
export const cpuWasm: CpuImplementation = {
  name: "cpu-wasm",
  description: "WebAssembly SIMD on the CPU, all threads, factors merged and fused in the cache",
  processor: "cpu",
  prepare,
  prepareDouble,
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
  // Where the backend's own memory is full or has no halves, arrays of the engine do, copied each time.
  const place = (length: number): Float32Array | Uint16Array =>
    isHalf ? new Uint16Array(length) : held.use(weights.allocate(length)).values;
  const stored = isHalf
    ? new Uint16Array(encode(hostInput, "f16").buffer, 0, hostInput.length)
    : hostInput;
  const vectors = Array.from({ length: inputCount }, () => filled(place, stored));
  const y = place(butterfly.chain.rows * shape.batch);
  const output = (): Float32Array =>
    isHalf ? decode(y.slice().buffer as ArrayBuffer, y.length, "f16") : new Float32Array(y);
  return prepared<CpuVectors, Float32Array>(weights, shape, {
    vectors,
    y,
    output,
    held: held.move(),
  });
}

async function prepareDouble({
  butterfly,
  shape,
  hostInput,
  inputCount,
}: DoubleProblem): Promise<PreparedOnHost<Float64Array>> {
  using held = new DisposableStack();
  const weights = held.use(await compile(butterfly, cpu({ dtype: "f64" })));
  const place = (length: number): Float64Array => held.use(weights.allocate(length)).values;
  const vectors = Array.from({ length: inputCount }, () => filled(place, hostInput));
  const y = place(butterfly.chain.rows * shape.batch);
  const output = (): Float64Array => new Float64Array(y);
  return prepared(weights, shape, { vectors, y, output, held: held.move() });
}

/** A new array of numbers. */
function filled<V extends CpuVectors | Float64Array>(
  place: (length: number) => V,
  numbers: ArrayLike<number>,
): V {
  const array = place(numbers.length);
  array.set(numbers);
  return array;
}

/** Arrays that are read in turn and one that is written, and what they are held by. */
interface Operands<V, Y> {
  readonly vectors: readonly V[];
  readonly y: V;
  readonly output: () => Y;
  readonly held: DisposableStack;
}

function prepared<V extends CpuVectors | Float64Array, Y extends FloatArray>(
  weights: CpuMatrix<V>,
  shape: Problem["shape"] | DoubleProblem["shape"],
  { vectors, y, output, held }: Operands<V, Y>,
): PreparedOnHost<Y> {
  let next = 0;
  return {
    bytes: weights.bytes,
    terms: weights.terms(shape),
    plan: weights.plan(shape).name,
    run: async (repeats) => {
      for (let repeat = 0; repeat < repeats; repeat++) {
        await weights.multiply(vectors[next++ % vectors.length] as V, shape, { out: y });
      }
    },
    output,
    [Symbol.dispose]: () => held.dispose(),
  };
}
