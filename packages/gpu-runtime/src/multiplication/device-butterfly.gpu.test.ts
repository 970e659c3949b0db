import { runInNewContext } from "node:vm";
import { Butterfly, ComplexButterfly, KroneckerSparse, Pattern } from "@papilio/butterfly";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Gpu } from "../device/gpu.ts";
import { complexTensor } from "../tensor/complex-tensor.ts";
import { Tensor, tensor } from "../tensor/tensor.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { verifyProduct } from "../testing/run-butterfly.ts";
import { draw } from "../testing/vectors-in-memory.ts";
import { prepareButterfly } from "./butterfly.ts";
import { prepareComplexButterfly } from "./complex-butterfly.ts";
import { DeviceButterfly } from "./device-butterfly.ts";
import { DeviceComplexButterfly } from "./device-complex-butterfly.ts";
import { prepareFusedRange } from "./fused-range.ts";

const matrix = new Butterfly([KroneckerSparse.random(new Pattern(2, 4, 4, 2), { seed: 1 })]);
const { cols } = matrix.chain;

let gpu: Gpu;
beforeEach(async () => {
  gpu = await openTestGpu();
});
afterEach(() => gpu.dispose());

/** Whether `weights` multiply a batch correctly. `onBegun` is called while that is under way. */
async function isRight(
  weights: DeviceButterfly,
  batch: number,
  onBegun: () => void = () => undefined,
): Promise<boolean> {
  const shape = { batch, layout: "batch-last", dtype: "f32" } as const;
  const values = draw(batch * cols, shape.dtype);
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
      const options = { bias: values };
      expect(() => new DeviceButterfly(gpu, matrix, options)).toThrow(code("ARRAY_TYPE"));
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

  it("are those that the matrix had when it was constructed, for every shape", async () => {
    const values = matrix.copy();
    const bias = new Float32Array(matrix.chain.rows).fill(2);
    using weights = new DeviceButterfly(gpu, values, { bias });
    const expected = await product(weights, 1);
    for (const factor of values.factors) factor.values.fill(9);
    bias.fill(9);
    expect(await product(weights, 1)).toEqual(expected);
    const twice = await product(weights, 2);
    expect(twice.slice(0, expected.length)).toEqual(expected);
    expect(await weights.apply(ones(1), { batch: 1, layout: "batch-first" })).toEqual(expected);
  });

  it("are refused after they were disposed of, once or twice", async () => {
    const shape = { batch: 1, layout: "batch-first", dtype: "f32" } as const;
    const weights = new DeviceButterfly(gpu, matrix);
    const complex = new DeviceComplexButterfly(gpu, ComplexButterfly.fromReal(matrix));
    const prepared = prepareButterfly(gpu, matrix, shape);
    const fused = prepareFusedRange(gpu, matrix, shape);
    const transform = prepareComplexButterfly(gpu, complex.butterfly, shape);
    for (const owned of [weights, complex, prepared, fused, transform]) {
      owned[Symbol.dispose]();
      owned[Symbol.dispose]();
    }
    const gone = (code: string): unknown => expect.objectContaining({ code });
    await expect(product(weights, 1)).rejects.toEqual(gone("MATRIX_DISPOSED"));
    await expect(weights.apply(ones(1), shape)).rejects.toEqual(gone("MATRIX_DISPOSED"));
    expect(() => weights.plan(shape)).toThrow(gone("MATRIX_DISPOSED"));
    expect(() => complex.plan(shape)).toThrow(gone("MATRIX_DISPOSED"));
    const parts = { re: ones(1), im: ones(1) };
    await expect(complex.apply(parts, shape)).rejects.toEqual(gone("MATRIX_DISPOSED"));
    using x = tensor(gpu, ones(1), { ...shape, features: matrix.chain.cols });
    using y = new Tensor(gpu, { ...shape, features: matrix.chain.rows });
    for (const { steps } of [prepared, fused]) {
      expect(() => steps(x, y)).toThrow(gone("MULTIPLICATION_DISPOSED"));
    }
    using z = complexTensor(gpu, parts, { ...shape, features: matrix.chain.cols });
    expect(() => transform.steps(z, z)).toThrow(gone("MULTIPLICATION_DISPOSED"));
  });
});

function ones(batch: number): Float32Array {
  return new Float32Array(batch * matrix.chain.cols).fill(1);
}

async function product(weights: DeviceButterfly, batch: number): Promise<Float32Array> {
  const { cols } = matrix.chain;
  using x = tensor(gpu, ones(batch), { batch, features: cols, layout: "batch-first" });
  using y = await weights.multiply(x);
  return await y.data();
}
