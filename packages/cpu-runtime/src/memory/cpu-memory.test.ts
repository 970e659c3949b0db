import fc from "fast-check";
import { expect, it } from "vitest";
import { CpuMemory } from "./cpu-memory.ts";

const create = (): CpuMemory => CpuMemory.create() as CpuMemory;

it("allocates free memory at cache lines, whatever was freed in between", () => {
  const steps = fc.array(
    fc.record({ bytes: fc.integer({ min: 1, max: 300_000 }), frees: fc.nat({ max: 4 }) }),
    { minLength: 1, maxLength: 40 },
  );
  fc.assert(
    fc.property(steps, (sequence) => {
      const memory = create();
      const held: { start: number; end: number }[] = [];
      for (const { bytes, frees } of sequence) {
        const start = memory.allocate(bytes, "a test");
        const end = start + bytes;
        expect(start % 64).toBe(0);
        expect(start).toBeGreaterThanOrEqual(64);
        expect(end).toBeLessThanOrEqual(memory.memory.buffer.byteLength);
        for (const other of held) expect(end <= other.start || other.end <= start).toBe(true);
        held.push({ start, end });
        for (const { start: freed } of held.splice(0, frees)) memory.free(freed);
      }
      for (const { start } of held) memory.free(start);
      expect(memory.bytes).toBe(0);
      // All is one span again: what fits the memory fits it at once, without growth.
      const { byteLength } = memory.memory.buffer;
      expect(memory.allocate(byteLength - 64, "all of it")).toBe(64);
      expect(memory.memory.buffer.byteLength).toBe(byteLength);
    }),
    { numRuns: 50 },
  );
});

it("knows its own arrays, those from before it grew as well", () => {
  const memory = create();
  const first = memory.allocateArray("float32", 16).values;
  const second = memory.allocateArray("float32", 2 ** 23).values;
  expect(memory.addressOf(first)).toBe(first.byteOffset);
  expect(memory.addressOf(second)).toBe(second.byteOffset);
  expect(memory.addressOf(second.subarray(3))).toBe(second.byteOffset + 12);
  expect(memory.addressOf(new Float32Array(16))).toBeUndefined();
});

it("counts what is held, by what it is for, and what was", () => {
  const memory = create();
  const weights = memory.allocate(100, "weights");
  memory.allocate(64, "states");
  memory.allocate(1, "states");
  const { reserved, free, ...statistics } = memory.statistics;
  expect(statistics).toEqual({
    inUse: 256,
    retired: 0,
    peak: 256,
    allocations: 3,
    byLabel: { weights: { inUse: 128, count: 1 }, states: { inUse: 128, count: 2 } },
  });
  expect(reserved).toBe(memory.memory.buffer.byteLength);
  expect(free).toBe(reserved - 256);
  memory.free(weights);
  memory.free(weights);
  expect(memory.statistics).toMatchObject({ inUse: 128, peak: 256, allocations: 3 });
  expect(memory.bytes).toBe(128);
});

it("refuses at once what will never fit", () => {
  const memory = create();
  const { byteLength } = memory.memory.buffer;
  memory.requireRoom(2 ** 32 - 64, "weights");
  memory.allocate(64, "a test");
  expect(() => memory.requireRoom(2 ** 32 - 63, "weights")).toThrow(
    expect.objectContaining({ code: "CPU_MEMORY" }),
  );
  expect(memory.memory.buffer.byteLength).toBe(byteLength);
});

it("frees nothing twice", () => {
  const memory = create();
  const start = memory.allocate(64, "a test");
  memory.free(start);
  memory.free(start);
  expect(memory.allocate(64, "a test")).not.toBe(memory.allocate(64, "a test"));
});
