import type { StorageDtype } from "@papilio/butterfly";
import type { Kernel } from "../device/kernel.ts";
import { readBack } from "../device/read-back.ts";
import { upload } from "../device/storage.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { Program } from "../program/program.ts";
import { BufferSet } from "../tensor/buffer-set.ts";
import { decode, encode, paddedBytes } from "../tensor/dtype.ts";

/** What a kernel reads, by the names of its bindings; numbers are stored as the kernel has them. */
export type KernelInputs = Readonly<Record<string, Float32Array | Uint32Array<ArrayBuffer>>>;

/**
 * Runs a kernel twice, so that what the first run left must not show in the second, and returns what it
 * wrote to its binding `y`.
 *
 * @param y what is there before, or a number of NaN, so that one that is not written is noticed
 */
export async function runKernel(
  gpu: Gpu,
  kernel: Kernel,
  inputs: KernelInputs,
  y: number | Float32Array,
): Promise<Float32Array> {
  using buffers = new BufferSet(gpu);
  const before = typeof y === "number" ? new Float32Array(y).fill(Number.NaN) : y;
  const { length } = before;
  const dtypeOf = (elements: string): StorageDtype => (elements.includes("f16") ? "f16" : "f32");
  const operands = kernel.bindings.map(({ name, elements }) => {
    const values = name === "y" ? before : inputs[name];
    if (values === undefined) throw new Error(`There is nothing for ${name}.`);
    return values instanceof Uint32Array
      ? buffers.uploadIndices(values, name)
      : buffers.add(upload(gpu, encode(values, dtypeOf(elements)), name));
  });
  using program = await Program.record(gpu, [{ kernel, buffers: operands, role: "multiply" }]);
  await Program.complete([program, program]);
  const output = kernel.bindings.findIndex(({ name }) => name === "y");
  const [binding, operand] = [kernel.bindings[output], operands[output]];
  if (binding === undefined || operand === undefined) throw new Error("There is no y.");
  const dtype = dtypeOf(binding.elements);
  return decode(await readBack(gpu, operand, paddedBytes(length, dtype)), length, dtype);
}
