import { runInNewContext } from "node:vm";
import { Butterfly, KroneckerSparse, Pattern } from "@papilio/butterfly";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Gpu } from "../device/gpu.ts";
import { complexTensor } from "../tensor/complex-tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { drawVectors, verifyProduct } from "../testing/run-butterfly.ts";
import { DeviceButterfly } from "./device-butterfly.ts";

const matrix = new Butterfly([KroneckerSparse.random(new Pattern(2, 4, 4, 2), { seed: 1 })]);
const { cols } = matrix.chain;

let gpu: Gpu;
beforeEach(async () => {
  gpu = await openTestGpu();
});
afterEach(() => gpu.dispose());

/** Whether `weights` multiply a batch rightly. `onBegun` is called while that is under way. */
async function isRight(
  weights: DeviceButterfly,
  batch: number,
  onBegun: () => void = () => undefined,
): Promise<boolean> {
  const shape = { batch, layout: "batch-last", dtype: "f32" } as const;
  const values = drawVectors(batch * cols, shape);
  using x = tensor(gpu, values, { ...shape, features: cols });
  const product = weights.multiply(x);
  onBegun();
  using y = await product;
  return verifyProduct(matrix, values, await y.data(), shape, [4]).ok;
}

describe("arguments from JavaScript", () => {
  const shape = { batch: 2, layout: "batch-first", features: cols } as const;
  const code = (expected: string): unknown => expect.objectContaining({ code: expected });

  it("are numbers in single precision, of any realm, or refused", async () => {
    using weights = new DeviceButterfly(gpu, matrix);
    using x = tensor(gpu, runInNewContext(`new Float32Array(${2 * cols}).fill(1)`), shape);
    expect([...(await x.data())]).toEqual(Array(2 * cols).fill(1));
    const kinds = [Float64Array, Int32Array, Uint8Array, Array];
    for (const given of [undefined, null, ...kinds.map((Kind) => new Kind(2 * cols))]) {
      const values = given as never;
      expect(() => tensor(gpu, values, shape)).toThrow(code("ARRAY_TYPE"));
      expect(() => x.write(values)).toThrow(code("ARRAY_TYPE"));
      await expect(weights.apply(values, shape)).rejects.toThrow(code("ARRAY_TYPE"));
      if (given == null) continue;
      using biased = new DeviceButterfly(gpu, matrix, { bias: values });
      await expect(biased.multiply(x)).rejects.toThrow(code("ARRAY_TYPE"));
    }
    expect(gpu.memory.statistics.inUse).toBe(x.memory.size);
  });

  it("are layouts and element types that there are, or refused", async () => {
    using weights = new DeviceButterfly(gpu, matrix);
    const values = new Float32Array(2 * cols);
    const [layout, dtype] = ["sideways" as never, "f64" as never];
    expect(() => tensor(gpu, values, { ...shape, layout })).toThrow(code("LAYOUT_INVALID"));
    expect(() => complexTensor(gpu, { re: values, im: values }, { ...shape, layout })).toThrow(
      code("LAYOUT_INVALID"),
    );
    expect(() => tensor(gpu, values, { ...shape, dtype })).toThrow(code("OPTION_INVALID"));
    await expect(weights.apply(values, { ...shape, layout })).rejects.toThrow(
      code("LAYOUT_INVALID"),
    );
    await expect(weights.apply(values, { ...shape, dtype })).rejects.toThrow(
      code("OPTION_INVALID"),
    );
    expect(gpu.memory.statistics.inUse).toBe(0);
  });
});

describe("the weights of a butterfly matrix", () => {
  it("stay for multiplications under way, of however many shapes at once", async () => {
    const weights = new DeviceButterfly(gpu, matrix);
    const batches = Array.from({ length: 12 }, (_, index) => index + 1);
    const right = await Promise.all(batches.map((batch) => isRight(weights, batch)));
    expect(right).toEqual(batches.map(() => true));
    expect(weights.bytes).toBe(gpu.memory.statistics.inUse);
    weights.dispose();
    expect(gpu.memory.statistics.inUse).toBe(0);
  });

  it("are freed after the multiplications that they are disposed of in the middle of", async () => {
    const weights = new DeviceButterfly(gpu, matrix);
    expect(await isRight(weights, 8, () => weights.dispose())).toBe(true);
    expect(weights.bytes).toBe(0);
    expect(gpu.memory.statistics.inUse).toBe(0);
  });
});
