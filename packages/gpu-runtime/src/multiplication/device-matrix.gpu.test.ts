import { runInNewContext } from "node:vm";
import {
  Butterfly,
  Chain,
  ComplexButterfly,
  compile,
  KroneckerSparse,
  LAYOUTS,
  Pattern,
  PermutedButterfly,
} from "@papilio/butterfly";
import { referenceProduct } from "@papilio/butterfly/matrix";
import { describePlace } from "@papilio/place-behaviour";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import { factorByFactor } from "../planning/plan.ts";
import { complexTensor } from "../tensor/complex-tensor.ts";
import { Tensor, tensor } from "../tensor/tensor.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { verifyProduct } from "../testing/run-butterfly.ts";
import { draw } from "../testing/vectors-in-memory.ts";
import { prepareButterfly } from "./butterfly.ts";
import { prepareComplexButterfly } from "./complex-butterfly.ts";
import type { DeviceMatrix } from "./device-matrix.ts";
import { prepareFusedChain } from "./fused-chain.ts";

const matrix = new Butterfly([KroneckerSparse.random(new Pattern(2, 4, 4, 2), { seed: 1 })]);
const { cols } = matrix.chain;

let gpu: Gpu;
beforeEach(async () => {
  gpu = await openTestGpu();
});
afterEach(() => gpu.dispose());

/** Whether `weights` multiply a batch correctly. `onBegun` is called while that is under way. */
async function isRight(
  weights: DeviceMatrix<Float32Array, Tensor>,
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

describePlace("A device", async () => {
  const own = await openTestGpu();
  return { place: own, close: () => own.dispose() };
});

describe("a matrix between permutations on the device", () => {
  const chain = Chain.squareDyadic(16);
  const left = Uint32Array.from({ length: 16 }, (_, p) => (5 * p + 3) % 16);
  const right = Uint32Array.from({ length: 16 }, (_, p) => (3 * p + 2) % 16);
  const inner = Butterfly.random(chain, { seed: 2 });
  const bias = Float32Array.from({ length: 16 }, (_, index) => index - 8);

  it.each([
    ["both", { left, right }],
    ["the left one", { left }],
    ["the right one", { right }],
  ] as const)("takes %s, with a bias, whatever layout the stages have", async (_, maps) => {
    const given = new PermutedButterfly(inner, maps);
    const batch = 5;
    for (const layout of LAYOUTS) {
      const shape = { batch, layout };
      const values = draw(batch * 16, "f32");
      const at = (vector: number, feature: number): number =>
        layout === "batch-first" ? vector * 16 + feature : feature * batch + vector;
      const dense = given.dense();
      for (const inside of LAYOUTS) {
        const plan = { ...factorByFactor(chain, inside) };
        using weights = await compile(given, gpu, { bias, plan: () => plan });
        expect(weights.plan(shape)).toMatchObject({ layout: inside, passes: plan.stages });
        using x = tensor(gpu, values, { ...shape, features: 16 });
        using y = await weights.multiply(x);
        const found = await y.data();
        expect(await weights.multiply(values, shape)).toEqual(found);
        for (let vector = 0; vector < batch; vector++) {
          for (let row = 0; row < 16; row++) {
            let sum = bias[row] as number;
            for (let t = 0; t < 16; t++) {
              sum += (dense[row * 16 + t] as number) * (values[at(vector, t)] as number);
            }
            expect(found[at(vector, row)]).toBeCloseTo(sum, 4);
          }
        }
      }
    }
  });

  it("takes half precision where the adapter has it", async ({ skip }) => {
    skip(!gpu.report.features.f16, "the adapter has no half precision");
    using weights = await compile(new PermutedButterfly(inner, { left, right }), gpu);
    const shape = { batch: 3, layout: "batch-first", dtype: "f16" } as const;
    const values = draw(3 * 16, "f16");
    const y = await weights.multiply(values, shape);
    const exact = referenceProduct(new PermutedButterfly(inner, { left, right }), values, shape);
    // Values of about 1, rounded to 11 bits before each of four factors and after the last.
    exact.forEach((value, index) => {
      expect(Math.abs((y[index] as number) - value)).toBeLessThan(0.05);
    });
  });

  it("holds its maps beside its weights, and frees both", async () => {
    const shape = { batch: 1, layout: "batch-first" } as const;
    const weights = await compile(new PermutedButterfly(inner, { left, right }), gpu);
    using plain = await compile(inner, gpu);
    weights.plan(shape);
    plain.plan(shape);
    expect(weights.bytes).toBeGreaterThanOrEqual(plain.bytes + left.byteLength + right.byteLength);
    weights.dispose();
    expect(gpu.memory.statistics.inUse).toBe(plain.bytes);
  });
});

describe("a complex matrix on the device", () => {
  it("takes vectors on the host in micro-batches, and says how far it is", async () => {
    const complex = ComplexButterfly.random(Chain.squareDyadic(8), { seed: 3 });
    using weights = await compile(complex, gpu);
    for (const layout of LAYOUTS) {
      const shape = { batch: 7, layout };
      const x = { re: draw(7 * 8, "f32"), im: draw(7 * 8, "f32").reverse() };
      const whole = await weights.multiply(x, shape);
      const done: number[] = [];
      const onProgress = (count: number): number => done.push(count);
      const parts = await weights.multiply(x, shape, { microBatch: 3, onProgress });
      expect(done).toEqual([3, 6, 7]);
      for (const part of ["re", "im"] as const) {
        parts[part].forEach((value, index) => {
          expect(value).toBeCloseTo(whole[part][index] as number, 5);
        });
      }
      const controller = new AbortController();
      const stopped = weights.multiply(x, shape, {
        microBatch: 1,
        signal: controller.signal,
        onProgress: () => controller.abort(new Error("enough")),
      });
      await expect(stopped).rejects.toThrow("enough");
    }
  });

  it("has neither a bias nor a plan nor half precision, and tensors of its own kind", async () => {
    const complex = ComplexButterfly.fromReal(matrix);
    const refused = expect.objectContaining({ code: "OPTION_INVALID" });
    const bias = new Float32Array(matrix.chain.rows);
    await expect(compile(complex, gpu, { bias })).rejects.toThrow(refused);
    await expect(compile(complex, gpu, { plan: () => undefined })).rejects.toThrow(refused);
    using weights = await compile(complex, gpu);
    const x = { re: new Float32Array(cols), im: new Float32Array(cols) };
    const half = { batch: 1, layout: "batch-first", dtype: "f16" } as const;
    await expect(weights.multiply(x, half)).rejects.toThrow(refused);
    using real = tensor(gpu, x.re, { ...half, dtype: "f32", features: cols });
    await expect(weights.multiply(real as never)).rejects.toMatchObject({
      code: "TENSOR_MISMATCH",
    });
    using z = complexTensor(gpu, x, { batch: 1, layout: "batch-first", features: cols });
    using onReal = await compile(matrix, gpu);
    await expect(onReal.multiply(z as never)).rejects.toThrow(refused);
  });
});

describe("arguments from JavaScript", () => {
  const shape = { batch: 2, layout: "batch-first", features: cols } as const;
  const code = (expected: string): unknown => expect.objectContaining({ code: expected });

  it("are numbers in single precision, of any realm, or refused", async () => {
    using weights = await compile(matrix, gpu);
    using x = tensor(gpu, runInNewContext(`new Float32Array(${2 * cols}).fill(1)`), shape);
    expect([...(await x.data())]).toEqual(Array(2 * cols).fill(1));
    const kinds = [Float64Array, Int32Array, Uint8Array, Array];
    for (const given of [undefined, null, ...kinds.map((Kind) => new Kind(2 * cols))]) {
      const values = given as never;
      expect(() => tensor(gpu, values, shape)).toThrow(code("ARRAY_TYPE"));
      expect(() => x.write(values)).toThrow(code("ARRAY_TYPE"));
      await expect(weights.multiply(values, shape)).rejects.toThrow(code("ARRAY_TYPE"));
      if (given == null) continue;
      const options = { bias: values };
      await expect(compile(matrix, gpu, options)).rejects.toThrow(code("ARRAY_TYPE"));
    }
    expect(gpu.memory.statistics.inUse).toBe(x.memory.size);
  });

  it("are layouts and element types that there are, or refused", async () => {
    using weights = await compile(matrix, gpu);
    const values = new Float32Array(2 * cols);
    const [layout, dtype] = ["sideways" as never, "f64" as never];
    expect(() => tensor(gpu, values, { ...shape, layout })).toThrow(code("LAYOUT_INVALID"));
    expect(() => complexTensor(gpu, { re: values, im: values }, { ...shape, layout })).toThrow(
      code("LAYOUT_INVALID"),
    );
    expect(() => tensor(gpu, values, { ...shape, dtype })).toThrow(code("OPTION_INVALID"));
    await expect(weights.multiply(values, { ...shape, layout })).rejects.toThrow(
      code("LAYOUT_INVALID"),
    );
    await expect(weights.multiply(values, { ...shape, dtype })).rejects.toThrow(
      code("OPTION_INVALID"),
    );
    expect(gpu.memory.statistics.inUse).toBe(0);
  });
});

describe("the weights of a butterfly matrix", () => {
  it("stay for multiplications under way, of however many shapes at once", async () => {
    const weights = await compile(matrix, gpu);
    const batches = Array.from({ length: 12 }, (_, index) => index + 1);
    const right = await Promise.all(batches.map((batch) => isRight(weights, batch)));
    expect(right).toEqual(batches.map(() => true));
    expect(weights.bytes).toBe(gpu.memory.statistics.inUse);
    weights.dispose();
    expect(gpu.memory.statistics.inUse).toBe(0);
  });

  it("are freed after the multiplications that they are disposed of in the middle of", async () => {
    const weights = await compile(matrix, gpu);
    expect(await isRight(weights, 8, () => weights.dispose())).toBe(true);
    expect(weights.bytes).toBe(0);
    expect(gpu.memory.statistics.inUse).toBe(0);
  });

  it("are those that the matrix had when it was constructed, for every shape", async () => {
    const values = matrix.copy();
    const bias = new Float32Array(matrix.chain.rows).fill(2);
    using weights = await compile(values, gpu, { bias });
    const expected = await product(weights, 1);
    for (const factor of values.factors) factor.values.fill(9);
    bias.fill(9);
    expect(await product(weights, 1)).toEqual(expected);
    const twice = await product(weights, 2);
    expect(twice.slice(0, expected.length)).toEqual(expected);
    expect(await weights.multiply(ones(1), { batch: 1, layout: "batch-first" })).toEqual(expected);
  });

  it("are refused after they were disposed of, once or twice", async () => {
    const shape = { batch: 1, layout: "batch-first", dtype: "f32" } as const;
    const weights = await compile(matrix, gpu);
    const complexMatrix = ComplexButterfly.fromReal(matrix);
    const complex = await compile(complexMatrix, gpu);
    const prepared = prepareButterfly(gpu, matrix, shape);
    const fused = prepareFusedChain(gpu, matrix, shape);
    const transform = prepareComplexButterfly(gpu, new PermutedButterfly(complexMatrix), shape);
    for (const owned of [weights, complex, prepared, fused, transform]) {
      owned[Symbol.dispose]();
      owned[Symbol.dispose]();
    }
    const gone = (code: string): unknown => expect.objectContaining({ code });
    await expect(product(weights, 1)).rejects.toEqual(gone("MATRIX_DISPOSED"));
    await expect(weights.multiply(ones(1), shape)).rejects.toEqual(gone("MATRIX_DISPOSED"));
    expect(() => weights.plan(shape)).toThrow(gone("MATRIX_DISPOSED"));
    expect(() => complex.plan(shape)).toThrow(gone("MATRIX_DISPOSED"));
    const parts = { re: ones(1), im: ones(1) };
    await expect(complex.multiply(parts, shape)).rejects.toEqual(gone("MATRIX_DISPOSED"));
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

async function product(
  weights: DeviceMatrix<Float32Array, Tensor>,
  batch: number,
): Promise<Float32Array> {
  const { cols } = matrix.chain;
  using x = tensor(gpu, ones(batch), { batch, features: cols, layout: "batch-first" });
  using y = await weights.multiply(x);
  return await y.data();
}
