import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Kernel } from "../device/kernel.ts";
import { readBack } from "../device/read-back.ts";
import { storage, upload } from "../device/storage.ts";
import type { Gpu } from "../gpu/gpu.ts";
import type { Span } from "../memory/lease.ts";
import { Program } from "../program/program.ts";
import { BufferSet } from "../tensor/buffer-set.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import {
  ARITHMETIC_INVOCATIONS,
  arithmeticFlops,
  arithmeticKernel,
  arithmeticResult,
  COPY_GRANULE,
  copyKernel,
  filled,
  fillKernel,
  idleKernel,
} from "./kernels.ts";
import { arithmeticOperands, measureRates } from "./measure-rates.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

async function run(steps: readonly [Kernel, ...Span[]][]): Promise<void> {
  const recorded = steps.map(([kernel, ...buffers]) => ({
    kernel,
    buffers,
    role: "multiply" as const,
  }));
  await Program.complete([await Program.record(gpu, recorded)]);
}

/** Every element that differs from what it must be, or the first few of them. */
function wrong(actual: ArrayLike<number>, expected: (index: number) => number): number[] {
  const found: number[] = [];
  for (let index = 0; index < actual.length && found.length < 5; index++) {
    if (actual[index] !== expected(index)) found.push(index);
  }
  return found;
}

describe("the kernels that rates are measured with", () => {
  it("copy every byte", async () => {
    const bytes = 3 * COPY_GRANULE;
    using buffers = new BufferSet(gpu);
    const x = buffers.add(storage(gpu, bytes, "x"));
    const y = buffers.add(storage(gpu, bytes, "y"));
    await run([
      [fillKernel(bytes), x],
      [copyKernel(bytes), x, y],
    ]);
    const copied = new Uint32Array(await readBack(gpu, y, bytes));
    expect(copied.length).toBe(bytes / 4);
    expect(wrong(copied, filled)).toEqual([]);
  });

  it.each([0, 1, 7, 1000])("do every multiply-add of %i turns", async (turns) => {
    const bytes = 16 * ARITHMETIC_INVOCATIONS;
    using buffers = new BufferSet(gpu);
    const operands = buffers.add(upload(gpu, arithmeticOperands(turns), "operands"));
    const y = buffers.add(storage(gpu, bytes, "y"));
    await run([[arithmeticKernel(), operands, y]]);
    const sums = new Float32Array(await readBack(gpu, y, bytes));
    expect(wrong(sums, () => arithmeticResult(turns))).toEqual([]);
    // Each sum counts a quarter of its invocation's multiply-adds, besides where it started.
    const counted = (arithmeticResult(turns) - arithmeticResult(0)) * sums.length;
    expect(arithmeticFlops(turns)).toBe(2 * counted);
  });

  it("write nothing where nothing is to be done", async () => {
    using buffers = new BufferSet(gpu);
    const y = buffers.add(upload(gpu, new Uint8Array(16).fill(7), "y"));
    await run([[idleKernel(), y]]);
    expect([...new Uint8Array(await readBack(gpu, y, 16))]).toEqual(Array(16).fill(7));
  });
});

describe("measured rates", () => {
  it("are finite and positive, and leave the device as it was", async () => {
    const rates = await measureRates(gpu);
    expect(Object.keys(rates).sort()).toEqual([
      "copyBytesPerSecond",
      "dispatchSeconds",
      "flopsPerSecond",
    ]);
    for (const rate of Object.values(rates)) {
      expect(rate).toBeGreaterThan(0);
      expect(Number.isFinite(rate)).toBe(true);
    }
    await gpu.settled();
  });

  it("are given up on when the signal aborts", async () => {
    const reason = new Error("enough");
    await expect(measureRates(gpu, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
