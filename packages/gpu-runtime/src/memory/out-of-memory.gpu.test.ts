import { Butterfly, compile, KroneckerSparse, Pattern } from "@papilio/butterfly";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { verifyProduct } from "../testing/run-butterfly.ts";

const shape = { batch: 8, features: 16, layout: "batch-last" } as const;
const matrix = new Butterfly([KroneckerSparse.random(new Pattern(2, 4, 4, 2), { seed: 1 })]);
const values = Float32Array.from({ length: 8 * 16 }, (_, index) => Math.cos(index));

/**
 * Does something while the device has no memory left: buffers are not valid, and the error scopes
 * around them say so some time later, as a driver does.
 */
function withoutMemory<T>({ device, memory }: Gpu, action: () => T): T {
  // Nothing is left to reuse either.
  memory.trim();
  const { createBuffer, pushErrorScope, popErrorScope } = device;
  const scopes: GPUErrorFilter[] = [];
  device.createBuffer = (descriptor) => {
    // Not valid for lack of a usage. That is another error, kept from those who wait for errors.
    pushErrorScope.call(device, "validation");
    const buffer = createBuffer.call(device, { ...descriptor, usage: 0 });
    popErrorScope.call(device).catch(() => null);
    return buffer;
  };
  device.pushErrorScope = (filter) => {
    scopes.push(filter);
    pushErrorScope.call(device, filter);
  };
  device.popErrorScope = async () => {
    const filter = scopes.pop();
    const error = await popErrorScope.call(device);
    return filter === "out-of-memory" ? ({ message: "no room" } as GPUError) : error;
  };
  try {
    return action();
  } finally {
    Object.assign(device, { createBuffer, pushErrorScope, popErrorScope });
  }
}

function expectProduct(actual: Float32Array): void {
  const { ok } = verifyProduct(matrix, values, actual, { ...shape, dtype: "f32" }, [4]);
  expect(ok).toBe(true);
}

/** The codes of the errors of all of them. */
async function codesOf(promises: readonly Promise<unknown>[]): Promise<unknown[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((one) => (one.status === "rejected" ? one.reason.code : "fulfilled"));
}

describe("a device without memory, among concurrent tasks", () => {
  let gpu: Gpu;
  let before: Tensor;
  beforeEach(async () => {
    gpu = await openTestGpu();
    before = tensor(gpu, values, shape);
    await gpu.settled();
  });
  afterEach(() => gpu.dispose());

  it("gives numbers to none that read what is not there, and to all others", async () => {
    const missing = withoutMemory(gpu, () => tensor(gpu, values, shape));
    // One of them is notified of the reason; for the others it is gone.
    const codes = await codesOf([missing.data(), missing.data(), missing.data()]);
    expect(codes).not.toContain("fulfilled");
    expect(codes).toContain("GPU_OUT_OF_MEMORY");
    expect(await before.data()).toEqual(values);
    await gpu.settled();
  });

  it("multiplies nothing that is not there, whoever is notified first", async () => {
    using weights = await compile(matrix, gpu);
    // Its kernel is compiled: the next multiplication waits for nothing else.
    (await weights.multiply(before)).dispose();
    const missing = withoutMemory(gpu, () => tensor(gpu, values, shape));
    const product = weights.multiply(missing).then(async (y) => {
      await codesOf([gpu.settled()]);
      return await y.data();
    });
    expect(await codesOf([product])).toEqual([expect.stringMatching(/GPU_OUT_OF_|MEMORY_RELE/)]);
    // Nothing is left behind: no error of what was bound to it, no memory.
    await codesOf([gpu.settled()]);
    missing.dispose();
    using again = tensor(gpu, values, shape);
    using y = await weights.multiply(again);
    expectProduct(await y.data());
  });

  it("keeps nothing of a product that failed, and computes the next", async () => {
    using weights = await compile(matrix, gpu);
    const product = withoutMemory(gpu, () => weights.multiply(before));
    expect(await codesOf([product])).toEqual(["GPU_OUT_OF_MEMORY"]);
    // Not even the weights, which had no memory either.
    expect(gpu.memory.statistics.inUse).toBe(4 * values.length);
    using y = await weights.multiply(before);
    expectProduct(await y.data());
  });
});
