import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Kernel } from "./kernel.ts";
import { KEPT_PIPELINES, PipelineCache } from "./pipeline-cache.ts";

beforeEach(() => vi.stubGlobal("GPUShaderStage", { COMPUTE: 4 }));
afterEach(() => vi.unstubAllGlobals());

/** A device that only counts what it compiles, and fails to compile what is labelled so. */
function open(): { cache: PipelineCache; compiled: string[] } {
  const compiled: string[] = [];
  const device = {
    pushErrorScope: () => undefined,
    popErrorScope: () => Promise.resolve(null),
    createShaderModule: () => ({}),
    createBindGroupLayout: () => ({}),
    createPipelineLayout: () => ({}),
    createComputePipelineAsync: ({ label }: { label: string }) => {
      compiled.push(label);
      return label === "broken" ? Promise.reject(new Error("no")) : Promise.resolve({ label });
    },
  };
  return { cache: new PipelineCache(device as unknown as GPUDevice), compiled };
}

function kernel(name: string | number): Kernel {
  return { label: `${name}`, wgsl: `// ${name}`, enables: [], bindings: [], workgroups: [1, 1, 1] };
}

describe("compiled kernels", () => {
  it("of 400 batch sizes are kept for the last few", async () => {
    const { cache, compiled } = open();
    for (let batch = 1; batch <= 400; batch++) {
      const lease = cache.acquire(kernel(batch));
      await lease.pipeline;
      lease.release();
      expect(cache.size).toBe(Math.min(batch, KEPT_PIPELINES));
    }
    expect(compiled).toHaveLength(400);
    cache.acquire(kernel(400)).release();
    cache.acquire(kernel(401 - KEPT_PIPELINES)).release();
    expect(compiled).toHaveLength(400);
    // The least recently used is gone, and compiled again.
    cache.acquire(kernel(402 - KEPT_PIPELINES - 2)).release();
    expect(compiled).toHaveLength(401);
  });

  it("in use are never dropped, whether they are compiled yet or not", async () => {
    const { cache, compiled } = open();
    const held = Array.from({ length: 2 * KEPT_PIPELINES }, (_, name) =>
      cache.acquire(kernel(`held ${name}`)),
    );
    for (let batch = 0; batch < 100; batch++) cache.acquire(kernel(batch)).release();
    expect(cache.size).toBe(3 * KEPT_PIPELINES);
    await Promise.all(held.map(({ pipeline }) => pipeline));
    const before = compiled.length;
    const again = held.map((_, name) => cache.acquire(kernel(`held ${name}`)));
    expect(compiled).toHaveLength(before);
    for (const { release } of held) release();
    expect(cache.size).toBe(3 * KEPT_PIPELINES);
    for (const { release } of again) {
      release();
      release();
    }
    expect(cache.size).toBe(KEPT_PIPELINES);
  });

  it("are not kept where they do not compile, and are others' once they were cleared", async () => {
    const { cache, compiled } = open();
    const broken = cache.acquire(kernel("broken"));
    await expect(broken.pipeline).rejects.toThrow(
      expect.objectContaining({ code: "KERNEL_COMPILE" }),
    );
    broken.release();
    expect(cache.size).toBe(0);
    const old = cache.acquire(kernel(1));
    cache.clear();
    const fresh = cache.acquire(kernel(1));
    old.release();
    for (let batch = 2; batch < 100; batch++) cache.acquire(kernel(batch)).release();
    fresh.release();
    expect(compiled.filter((label) => label === "1")).toHaveLength(2);
    expect(cache.size).toBe(KEPT_PIPELINES);
  });
});
