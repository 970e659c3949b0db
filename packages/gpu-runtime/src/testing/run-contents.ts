import { type Layout, type StorageDtype, stridesOf } from "@papilio/butterfly";
import type { Gpu } from "../device/gpu.ts";
import { readBack } from "../memory/read-back.ts";
import { upload } from "../memory/storage.ts";
import type { Kernel } from "../program/kernel.ts";
import { Program } from "../program/program.ts";
import { decode, encode } from "../tensor/dtype.ts";

/** What a binding holds before a kernel runs. */
export type Contents =
  | { readonly values: Float32Array; readonly dtype: StorageDtype }
  | Uint32Array<ArrayBuffer>;

/** Where feature `f` of vector `n` lies in a batch. */
export function locate(
  layout: Layout,
  batch: number,
  features: number,
  n: number,
  f: number,
): number {
  const { vector, feature } = stridesOf({ batch, layout }, features);
  return n * vector + f * feature;
}

/**
 * Runs a kernel twice, so that what the first run left must not show in the second, and reads `y`.
 *
 * @param contents by the bindings' names; those that the kernel does not have are left out
 */
export async function runKernel(
  gpu: Gpu,
  kernel: Kernel,
  contents: Readonly<Record<string, Contents>>,
): Promise<Float32Array> {
  const { y } = contents;
  if (y === undefined || !("dtype" in y)) throw new Error("There is no y to read.");
  using stack = new DisposableStack();
  const memory = kernel.bindings.map(({ name }) => {
    const given = contents[name];
    if (given === undefined) throw new Error(`Nothing is bound to ${name}.`);
    const bytes =
      "dtype" in given ? encode(given.values, given.dtype) : new Uint8Array(given.buffer);
    return { name, lease: stack.use(upload(gpu, bytes, name)) };
  });
  const buffers = memory.map(({ lease }) => lease);
  const program = stack.use(await Program.record(gpu, [{ kernel, buffers, role: "multiply" }]));
  await Program.complete([program, program]);
  const written = memory.find(({ name }) => name === "y");
  if (written === undefined) throw new Error("The kernel writes no y.");
  const { lease } = written;
  const length = y.values.length;
  const bytes = await gpu.finish(() => readBack(gpu, lease, lease.size));
  return decode(bytes, length, y.dtype);
}
