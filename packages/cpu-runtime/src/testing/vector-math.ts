import { compileKernel } from "../../assembly/build.ts";
import type { Simd } from "../wasm/kernel.ts";

/** Applies a function of vector-math.ts to each number; their count is a multiple of four. */
export type Sweep = (numbers: Float32Array) => Float32Array;

/** The functions of assembly/testing/vector-math-sweep.ts, by the names of its exports. */
export async function compileSweeps(simd: Simd): Promise<Readonly<Record<string, Sweep>>> {
  const binary = await compileKernel("testing/vector-math-sweep.ts", simd);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary), { env: { memory } });
  return Object.fromEntries(
    Object.entries(exports).map(([name, run]) => [
      name,
      (numbers) => {
        const bytes = numbers.byteLength;
        const missing = 2 * bytes - memory.buffer.byteLength;
        if (missing > 0) memory.grow(Math.ceil(missing / 65536));
        new Float32Array(memory.buffer, 0, numbers.length).set(numbers);
        (run as (from: number, to: number, bytes: number) => void)(0, bytes, bytes);
        return new Float32Array(memory.buffer, bytes, numbers.length).slice();
      },
    ]),
  );
}

/** Every `step`-th float32 from `from` to `to`, which have the same sign, as their bits count. */
export function everyFloat(from: number, to: number, step: number): Float32Array {
  const [first, last] = new Int32Array(Float32Array.of(from, to).buffer) as unknown as [
    number,
    number,
  ];
  const [low, high] = [Math.min(first, last), Math.max(first, last)];
  const count = 4 * Math.ceil((high - low + 1) / step / 4);
  const bits = Int32Array.from({ length: count }, (_, index) => Math.min(low + index * step, high));
  return new Float32Array(bits.buffer);
}

/** The largest error in units in the last place of float32, and the argument that has it. */
export function largestError(
  sweep: Sweep,
  exact: (x: number) => number,
  numbers: Float32Array,
): { readonly ulp: number; readonly at: number } {
  const results = sweep(numbers);
  let [ulp, at] = [0, Number.NaN];
  results.forEach((result, index) => {
    const x = numbers[index] as number;
    const right = exact(x);
    const error = Math.abs(result - right) / unitInLastPlace(right);
    if (!(error <= ulp)) [ulp, at] = [error, x];
  });
  return { ulp, at };
}

/** The distance between the float32 next to a number: 2⁻²³ of its power of two. */
function unitInLastPlace(number: number): number {
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(number))));
  return 2 ** (exponent - 23);
}
