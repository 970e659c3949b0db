import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Lease } from "./lease.ts";
import type { MemoryOptions } from "./memory-options.ts";
import { MemoryPool } from "./pool.ts";
import { sizeClass } from "./size-class.ts";

const STORAGE = 1;
const STAGING = 2;
const KIB = 1024;
const code = (expected: string): unknown => expect.objectContaining({ code: expected });

/** A device that only counts its buffers. */
function fakeDevice(maxBufferSize = 2 ** 30): { device: GPUDevice; alive: Set<{ size: number }> } {
  const alive = new Set<{ size: number }>();
  const device = {
    limits: { maxBufferSize },
    pushErrorScope: () => undefined,
    popErrorScope: () => Promise.resolve(null),
    createBuffer({ size }: { size: number }) {
      const buffer = { size, label: "", destroy: () => alive.delete(buffer) };
      alive.add(buffer);
      return buffer;
    },
  };
  return { device: device as unknown as GPUDevice, alive };
}

function open(options?: MemoryOptions): {
  pool: MemoryPool;
  alive: Set<{ size: number }>;
} {
  const { device, alive } = fakeDevice();
  return { pool: new MemoryPool(device, options), alive };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("size classes", () => {
  it("hold what is asked for, with less than a quarter of it as padding", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 40 }), (bytes) => {
        const size = sizeClass(bytes);
        expect(size).toBeGreaterThanOrEqual(bytes);
        expect(size % 16).toBe(0);
        if (bytes > 256) expect(size - bytes).toBeLessThan(bytes / 4);
        expect(sizeClass(size)).toBe(size);
      }),
    );
  });
});

describe("a pool", () => {
  it("uses a released buffer again, for the same class and usage alone", () => {
    const { pool, alive } = open();
    const first = pool.acquire(1000, STORAGE, "x");
    const { buffer } = first;
    first.release();
    const second = pool.acquire(1020, STORAGE, "y");
    expect(second.buffer).toBe(buffer);
    expect(second).toMatchObject({ offset: 0, size: 1020, label: "y", live: true });
    second.release();
    const other = pool.acquire(1000, STAGING, "z");
    expect(other.buffer).not.toBe(buffer);
    const larger = pool.acquire(2000, STORAGE, "z");
    expect(larger.buffer).not.toBe(buffer);
    expect(alive.size).toBe(3);
    expect(pool.statistics).toMatchObject({ allocations: 3, reuses: 1, hitRate: 0.25 });
  });

  it("tells those who had memory that it is theirs no more", () => {
    const { pool } = open();
    const first = pool.acquire(1000, STORAGE, "x");
    first.release();
    const second = pool.acquire(1000, STORAGE, "x");
    expect([first.live, second.live]).toEqual([false, true]);
    // A second release of the first must not take the buffer from the second.
    first.release();
    first.discard();
    expect(second.live).toBe(true);
    expect(pool.statistics.inUse).toBe(1000);
  });

  it("never reserves more than its budget, and releases what waits before it refuses", () => {
    const { pool, alive } = open({ budget: 10 * KIB });
    const leases = [4 * KIB, 4 * KIB].map((bytes) => pool.acquire(bytes, STORAGE, "x"));
    expect(() => pool.acquire(4 * KIB, STORAGE, "y")).toThrow(code("MEMORY_BUDGET"));
    expect(() => pool.acquire(4 * KIB, STORAGE, "y")).toThrow(/8192 of the budget of 10240/);
    leases[0]?.release();
    // Another usage: nothing that waits fits, but it makes room.
    const staging = pool.acquire(6 * KIB, STAGING, "z");
    expect(staging.size).toBe(6 * KIB);
    expect(alive.size).toBe(2);
    expect(pool.statistics.reserved).toBe(10 * KIB);
  });

  it("leaves out padding that a budget or the device has no room for", () => {
    const { pool } = open({ budget: 9000 });
    expect(pool.acquire(9000, STORAGE, "x").size).toBe(9000);
    expect(pool.statistics).toMatchObject({ reserved: 9000, padding: 0 });
    const { device } = fakeDevice(9000);
    using limited = new MemoryPool(device);
    limited.acquire(8999, STORAGE, "x");
    expect(limited.statistics.reserved).toBe(8999);
  });

  it("destroys the oldest of what waits beyond its bound", () => {
    const { pool, alive } = open({ keep: 2 * KIB });
    const leases = Array.from({ length: 4 }, () => pool.acquire(KIB, STORAGE, "x"));
    const buffers = leases.map(({ buffer }) => buffer);
    for (const lease of leases) lease.release();
    expect(pool.statistics).toMatchObject({ free: 2 * KIB, inUse: 0 });
    expect([...alive]).toEqual(buffers.slice(2));
  });

  it("destroys what waits after a while without a release, and on demand", () => {
    const { pool, alive } = open({ idleSeconds: 5 });
    pool.acquire(KIB, STORAGE, "x").release();
    vi.advanceTimersByTime(4000);
    pool.acquire(2 * KIB, STORAGE, "x").release();
    vi.advanceTimersByTime(4000);
    expect(alive.size).toBe(2);
    vi.advanceTimersByTime(1000);
    expect(alive.size).toBe(0);
    pool.acquire(KIB, STORAGE, "x").release();
    pool.trim();
    expect(alive.size).toBe(0);
    expect(pool.statistics.reserved).toBe(0);
  });

  it("keeps peaks until they are reset", () => {
    const { pool } = open();
    const lease = pool.acquire(KIB, STORAGE, "x");
    pool.acquire(KIB, STORAGE, "x").release();
    expect(pool.statistics).toMatchObject({ peak: 2 * KIB, peakReserved: 2 * KIB });
    pool.trim();
    pool.resetPeak();
    expect(pool.statistics).toMatchObject({ peak: KIB, peakReserved: KIB });
    lease.release();
  });

  it("gives nothing after it is disposed of, and leaves nothing", () => {
    const { pool, alive } = open();
    const lease = pool.acquire(KIB, STORAGE, "x");
    pool.acquire(KIB, STORAGE, "y").release();
    pool.dispose();
    pool.dispose();
    expect([alive.size, lease.live]).toEqual([0, false]);
    lease.release();
    expect(() => pool.acquire(KIB, STORAGE, "x")).toThrow(code("MEMORY_DISPOSED"));
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([{ budget: 0 }, { keep: -1 }, { idleSeconds: Number.NaN }])("refuses %j", (options) => {
    expect(() => open(options)).toThrow(code("MEMORY_OPTION_INVALID"));
  });

  it("adds up, whatever is done to it", () => {
    const operations = fc.array(
      fc.oneof(
        fc.record({
          kind: fc.constant("acquire" as const),
          bytes: fc.integer({ min: 4, max: 40 * KIB }),
          usage: fc.constantFrom(STORAGE, STAGING),
          label: fc.constantFrom("x", "y", "weights"),
        }),
        fc.record({
          kind: fc.constantFrom("release" as const, "discard" as const),
          index: fc.nat(),
        }),
        fc.record({ kind: fc.constant("trim" as const), keep: fc.nat(20 * KIB) }),
      ),
      { maxLength: 200 },
    );
    const budget = 100 * KIB;
    fc.assert(
      fc.property(operations, (list) => {
        const { pool, alive } = open({ budget, keep: 50 * KIB });
        let leases: Lease[] = [];
        for (const operation of list) {
          if (operation.kind === "acquire") {
            const { bytes, usage, label } = operation;
            try {
              leases.push(pool.acquire(bytes, usage, label));
            } catch (error) {
              expect(error).toEqual(code("MEMORY_BUDGET"));
              // Refused only where it does not fit beside what is on loan.
              const { inUse, padding } = pool.statistics;
              expect(inUse + padding + bytes).toBeGreaterThan(budget);
            }
          } else if (operation.kind === "trim") pool.trim(operation.keep);
          else {
            const lease = leases[operation.index % Math.max(1, leases.length)];
            lease?.[operation.kind]();
            leases = leases.filter(({ live }) => live);
          }
          const { statistics, buffers, byLabel } = pool.snapshot();
          const total = (pick: (record: (typeof buffers)[number]) => number): number =>
            buffers.reduce((sum, record) => sum + pick(record), 0);
          expect(total(({ reserved }) => reserved)).toBe(statistics.reserved);
          expect(total(({ inUse }) => inUse)).toBe(statistics.inUse);
          expect(statistics.reserved).toBe(statistics.inUse + statistics.padding + statistics.free);
          expect(statistics.reserved).toBeLessThanOrEqual(budget);
          expect(statistics.peakReserved).toBeLessThanOrEqual(budget);
          expect([...alive].reduce((sum, { size }) => sum + size, 0)).toBe(statistics.reserved);
          expect(Object.values(byLabel).reduce((sum, { inUse }) => sum + inUse, 0)).toBe(
            statistics.inUse,
          );
          // No two have the same buffer.
          expect(new Set(leases.map(({ buffer }) => buffer)).size).toBe(leases.length);
        }
        for (const lease of leases) lease.release();
        pool.trim();
        expect(alive.size).toBe(0);
      }),
    );
  });
});

describe("a device without memory", () => {
  const refusal = { message: "no room" } as GPUError;

  it("is reported with the figures, and the buffer forgotten, on loan or not", async () => {
    const { device, alive } = fakeDevice();
    device.popErrorScope = () => Promise.resolve(refusal);
    const errors: unknown[] = [];
    const pool = new MemoryPool(device, { budget: 64 * KIB }, (error) => errors.push(error));
    const held = pool.acquire(1024, STORAGE, "weights");
    pool.acquire(2048, STORAGE, "scratch").release();
    await vi.waitFor(() => expect(errors).toHaveLength(2));
    expect(errors[0]).toMatchObject({
      code: "GPU_OUT_OF_MEMORY",
      message: expect.stringMatching(/weights, 1024 bytes: .* budget of 65536\. no room$/),
    });
    expect(held.live).toBe(false);
    held.release();
    expect(pool.statistics).toMatchObject({ inUse: 0, reserved: 0, free: 0, padding: 0 });
    expect(alive.size).toBe(0);
    device.popErrorScope = () => Promise.resolve(null);
    expect(pool.acquire(1024, STORAGE, "weights").live).toBe(true);
  });

  it("may refuse at once, which changes nothing", () => {
    const { device } = fakeDevice();
    const pool = new MemoryPool(device);
    device.createBuffer = () => {
      throw new RangeError("no room");
    };
    expect(() => pool.acquire(1024, STORAGE, "weights")).toThrow(code("GPU_OUT_OF_MEMORY"));
    expect(pool.statistics).toMatchObject({ inUse: 0, reserved: 0, allocations: 0 });
  });

  it("that is lost meanwhile has nothing to say here", async () => {
    const { device } = fakeDevice();
    device.popErrorScope = () => Promise.reject(new Error("lost"));
    const errors: unknown[] = [];
    const lease = new MemoryPool(device, {}, (error) => errors.push(error)).acquire(4, 1, "x");
    await Promise.resolve();
    await Promise.resolve();
    expect(lease.live).toBe(true);
    expect(errors).toEqual([]);
  });
});
