import { afterEach, describe, expect, it } from "vitest";
import { Program } from "../program/program.ts";
import { Tensor, tensor } from "../tensor/tensor.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import type { Gpu } from "./gpu.ts";
import { openGpu } from "./open.ts";

const opened: Gpu[] = [];
afterEach(() => {
  for (const gpu of opened.splice(0)) gpu.dispose();
});
async function open(): Promise<Gpu> {
  const gpu = await openTestGpu();
  opened.push(gpu);
  return gpu;
}

const shape = { batch: 2, features: 3, layout: "batch-first" } as const;
const code = (expected: string): unknown => expect.objectContaining({ code: expected });

describe("tensors", () => {
  it("come back as they were uploaded, rounded to the storage type", async ({ skip }) => {
    const gpu = await open();
    const values = Float32Array.of(1, -2.5, 2.7182817, 65504, 1e-4, 0);
    using single = tensor(gpu, values, shape);
    expect(await single.data()).toEqual(values);
    expect([single.shape, single.bytes]).toEqual([[2, 3], 24]);
    skip(!gpu.report.features.f16, "the adapter has no half precision");
    using half = tensor(gpu, values, { ...shape, dtype: "f16", layout: "batch-last" });
    // 2.7182817 and 1e-4 are rounded to the nearest of 11 significant bits.
    expect([...(await half.data())]).toEqual([1, -2.5, 2.71875, 65504, 1.0001659393310547e-4, 0]);
    expect([half.shape, half.bytes]).toEqual([[3, 2], 12]);
  });

  it("refuse what cannot be a shape, before memory is allocated", async () => {
    const gpu = await open();
    for (const batch of [0, -1, 1.5, Number.NaN, 2 ** 52]) {
      expect(() => new Tensor(gpu, { ...shape, batch })).toThrow(code("TENSOR_SHAPE"));
    }
    expect(() => new Tensor(gpu, { ...shape, batch: 2 ** 40 })).toThrow(code("BUFFER_TOO_LARGE"));
    expect(() => tensor(gpu, new Float32Array(5), shape)).toThrow(code("TENSOR_LENGTH"));
  });

  it("are an error after disposal", async () => {
    const gpu = await open();
    const gone = tensor(gpu, new Float32Array(6), shape);
    gone.dispose();
    gone.dispose();
    await expect(gone.data()).rejects.toThrow(code("TENSOR_DISPOSED"));
    expect(() => gone.write(new Float32Array(6))).toThrow(code("TENSOR_DISPOSED"));
  });
});

describe("a device", () => {
  it("that the caller owns is used and not destroyed", async () => {
    const owner = await open();
    const borrowed = await openGpu({ device: owner.device });
    borrowed.dispose();
    expect(borrowed.state).toBe("disposed");
    expect(() => new Tensor(borrowed, shape)).toThrow(code("GPU_DISPOSED"));
    using x = tensor(owner, Float32Array.of(1, 2, 3, 4, 5, 6), shape);
    expect([...(await x.data())]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("that is lost turns into an error at the next operation, pending reads included", async () => {
    const gpu = await open();
    const x = tensor(gpu, new Float32Array(6), shape);
    const pending = x.data();
    gpu.device.destroy();
    await expect(pending).rejects.toThrow(code("GPU_LOST"));
    expect(gpu.state).toBe("lost");
    await expect(x.data()).rejects.toThrow(code("GPU_LOST"));
    expect(() => new Tensor(gpu, shape)).toThrow(code("GPU_LOST"));
  });

  it("reports an uncaptured error once, at the next operation", async () => {
    const gpu = await open();
    using x = tensor(gpu, new Float32Array(6), shape);
    // A write past the end is a validation error that no call returns.
    gpu.device.queue.writeBuffer(x.memory.buffer, 1 << 20, new Float32Array(6));
    await expect(gpu.settled()).rejects.toThrow(code("GPU_ERROR"));
    expect(await x.data()).toEqual(new Float32Array(6));
  });

  it("has its limits raised to the adapter's", async () => {
    const gpu = await open();
    const { limits } = gpu.report;
    expect(limits.maxStorageBufferBindingSize).toBeGreaterThanOrEqual(128 * 1024 * 1024);
    expect(limits.maxBufferSize).toBe(gpu.device.limits.maxBufferSize);
  });
});

describe("a kernel that does not compile", () => {
  it("is an error that shows the line, and leaves the device usable", async () => {
    const gpu = await open();
    const kernel = {
      label: "broken",
      wgsl: "@compute @workgroup_size(1)\nfn main() {\n  let x: u32 = 1.5;\n}\n",
      enables: [],
      bindings: [],
      workgroups: [1, 1, 1] as const,
    };
    const recorded = Program.record(gpu, [{ kernel, buffers: [], role: "multiply" }]);
    await expect(recorded).rejects.toThrow(code("KERNEL_COMPILE"));
    await expect(recorded).rejects.toThrow(/4 \| {3}let x: u32 = 1\.5;\n +\^ /);
    await gpu.settled();
    expect(gpu.pipelines.size).toBe(0);
  });
});
