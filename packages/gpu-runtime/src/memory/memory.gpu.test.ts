import { KroneckerSparse, Pattern } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import { prepareKroneckerSparse } from "../multiplication/kronecker-sparse.ts";
import { openGpu } from "../node/open.ts";
import { Program } from "../program/program.ts";
import { Tensor, tensor } from "../tensor/tensor.ts";
import { runMixedOperations } from "../testing/mixed-operations.ts";

const adapter = process.env.PAPILIO_ADAPTER ?? "auto";
const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const shape = { batch: 8, layout: "batch-last", dtype: "f32" } as const;

describe("a device's memory", () => {
  it("does not grow over 2,000 mixed operations, and gives all of it back", async () => {
    using gpu = await openGpu({ adapter });
    const afterWarmUp = await runMixedOperations(gpu, 400);
    const { reserved, inUse, hitRate } = gpu.memory.statistics;
    expect(inUse).toBe(0);
    expect(reserved).toBe(afterWarmUp);
    expect(hitRate).toBeGreaterThan(0.95);
    gpu.memory.trim();
    expect(gpu.memory.statistics.reserved).toBe(0);
  });

  it("stays within a budget, refuses with the figures, and goes on", async () => {
    using gpu = await openGpu({ adapter, memory: { budget: 2 ** 20 } });
    const large = { ...shape, batch: 2 ** 10, features: 2 ** 7 };
    using first = new Tensor(gpu, large);
    expect(() => new Tensor(gpu, { ...large, batch: 2 ** 11 })).toThrow(code("MEMORY_BUDGET"));
    expect(gpu.memory.statistics.reserved).toBeLessThanOrEqual(2 ** 20);
    first.write(new Float32Array(first.length).fill(2));
    expect((await first.data())[5]).toBe(2);
  });

  it("that runs out is an error with the figures, and the device goes on", async () => {
    using gpu = await openGpu({ adapter });
    using before = tensor(gpu, new Float32Array(8).fill(3), { ...shape, features: 1 });
    await gpu.settled();
    // As if the next buffer were one too many. No driver here refuses before the machine swaps.
    const pop = gpu.device.popErrorScope.bind(gpu.device);
    gpu.device.popErrorScope = async () => {
      await pop();
      return { message: "no room" } as GPUError;
    };
    using none = new Tensor(gpu, { ...shape, features: 1000 });
    gpu.device.popErrorScope = pop;
    await expect(none.data()).rejects.toMatchObject({
      code: "GPU_OUT_OF_MEMORY",
      message: expect.stringMatching(/no memory for tensor, 32768 bytes: .*no room$/),
    });
    expect(() => none.memory).toThrow(code("MEMORY_RELEASED"));
    expect([...(await before.data())]).toEqual(Array(8).fill(3));
    using after = tensor(gpu, new Float32Array(8000).fill(4), { ...shape, features: 1000 });
    expect((await after.data())[7999]).toBe(4);
  });

  it("is missed by a program whose memory was released: an error, and no wrong numbers", async () => {
    using gpu = await openGpu({ adapter });
    const factor = KroneckerSparse.random(new Pattern(2, 4, 4, 2), { seed: 1 });
    using multiplication = prepareKroneckerSparse(gpu, factor, shape);
    using y = new Tensor(gpu, { ...shape, features: 16 });
    const x = new Tensor(gpu, { ...shape, features: 16 });
    const program = await Program.record(gpu, multiplication.steps(x, y));
    program.run();
    x.dispose();
    expect(() => program.run()).toThrow(code("MEMORY_RELEASED"));
    await expect(Program.complete([program])).rejects.toThrow(code("MEMORY_RELEASED"));
    await gpu.settled();
  });
});
