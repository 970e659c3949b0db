import { afterEach, describe, expect, it, vi } from "vitest";
import { openGpu } from "../gpu/open.ts";
import { Tensor, tensor } from "../tensor/tensor.ts";

const shape = { batch: 2, features: 3, layout: "batch-first" } as const;
const code = (expected: string): unknown => expect.objectContaining({ code: expected });

afterEach(() => vi.unstubAllGlobals());

describe("openGpu in a browser", () => {
  it("finds the browser's adapter and reports it", async () => {
    using gpu = await openGpu();
    const { report, device } = gpu;
    expect(gpu.state).toBe("ready");
    expect(report.name).not.toBe("");
    expect(report.vendor).toBe(device.adapterInfo.vendor);
    expect(["hardware", "software"]).toContain(report.kind);
    // What Node's entry brings along or passes over is unknown here.
    expect(report).toMatchObject({ embedded: false, passedOver: [] });
    expect(report.features.f16).toBe(device.features.has("shader-f16"));
    expect(report.features.timestamps).toBe(device.features.has("timestamp-query"));
  });

  it("raises the limits to the adapter's", async () => {
    const adapter = await navigator.gpu.requestAdapter();
    using gpu = await openGpu();
    for (const limit of ["maxBufferSize", "maxStorageBufferBindingSize"] as const) {
      expect(gpu.report.limits[limit]).toBe(adapter?.limits[limit]);
      expect(gpu.device.limits[limit]).toBe(adapter?.limits[limit]);
    }
  });

  it("takes a device that the caller owns, and does not destroy it", async () => {
    using owner = await openGpu();
    const borrowed = await openGpu({ device: owner.device });
    borrowed.dispose();
    using x = tensor(owner, Float32Array.of(1, 2, 3, 4, 5, 6), shape);
    expect([...(await x.data())]).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe("without an adapter", () => {
  it("is an error where the browser has no WebGPU", async () => {
    vi.stubGlobal("navigator", { userAgent: navigator.userAgent });
    await expect(openGpu()).rejects.toThrow(code("GPU_UNAVAILABLE"));
  });

  it("is an error where WebGPU has no adapter", async () => {
    vi.spyOn(navigator.gpu, "requestAdapter").mockResolvedValueOnce(null);
    await expect(openGpu()).rejects.toThrow(code("GPU_UNAVAILABLE"));
  });
});

describe("a device that is lost", () => {
  it("is an error at the next operation, pending reads included", async () => {
    using gpu = await openGpu();
    const x = tensor(gpu, new Float32Array(6), shape);
    const pending = x.data();
    gpu.device.destroy();
    await expect(pending).rejects.toThrow(code("GPU_LOST"));
    expect(gpu.state).toBe("lost");
    await expect(x.data()).rejects.toThrow(code("GPU_LOST"));
    await expect(gpu.settled()).rejects.toThrow(code("GPU_LOST"));
    expect(() => new Tensor(gpu, shape)).toThrow(code("GPU_LOST"));
  });
});

describe("an error that no call returns", () => {
  it("is thrown once, by the next operation", async () => {
    using gpu = await openGpu();
    using x = tensor(gpu, new Float32Array(6), shape);
    // A write past the end is a validation error, which the browser reports as an event.
    gpu.device.queue.writeBuffer(x.memory.buffer, 1 << 20, new Float32Array(6));
    await expect(gpu.settled()).rejects.toThrow(code("GPU_ERROR"));
    expect(await x.data()).toEqual(new Float32Array(6));
  });
});
