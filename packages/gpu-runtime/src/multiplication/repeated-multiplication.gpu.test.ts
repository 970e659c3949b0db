import { Butterfly, Chain, compile, LAYOUTS } from "@papilio/butterfly";
import { uniform } from "@papilio/butterfly/numeric";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import { factorByFactor } from "../planning/plan.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());
afterEach(() => vi.restoreAllMocks());

const chain = Chain.squareDyadic(16);
const { rows, cols } = chain;
const BATCH = 3;

describe.each(LAYOUTS)("multiplying again and again, %s", (layout) => {
  const matrix = Butterfly.random(chain, { seed: 2 });
  const dense = matrix.dense();

  function upload(values: Float32Array): Tensor {
    return tensor(gpu, values, { batch: BATCH, features: cols, layout });
  }

  /** Of the dense matrix, in float64. */
  function expected(x: Float32Array): number[] {
    return Array.from({ length: BATCH * rows }, (_, index) => {
      const [vector, row] =
        layout === "batch-first"
          ? [Math.floor(index / rows), index % rows]
          : [index % BATCH, Math.floor(index / BATCH)];
      let sum = 0;
      for (let col = 0; col < cols; col++) {
        const at = layout === "batch-first" ? vector * cols + col : col * BATCH + vector;
        sum += (dense[row * cols + col] as number) * (x[at] as number);
      }
      return sum;
    });
  }

  async function expectProduct(y: Tensor, x: Float32Array): Promise<void> {
    const found = await y.data();
    expected(x).forEach((value, index) => {
      expect(Math.abs((found[index] as number) - value)).toBeLessThan(1e-4);
    });
  }

  it("records once, and binds what is elsewhere, with the right products", async () => {
    using weights = await compile(matrix, gpu, {
      plan: (shape) => factorByFactor(chain, shape.layout),
    });
    const next = uniform(5);
    const inputs = Array.from({ length: 4 }, () =>
      Float32Array.from({ length: BATCH * cols }, next),
    );
    using x = upload(inputs[0] as Float32Array);
    const compiles = vi.spyOn(gpu.pipelines, "acquire");
    const binds = vi.spyOn(gpu.device, "createBindGroup");
    using first = await weights.multiply(x);
    expect(compiles).toHaveBeenCalledTimes(chain.length);
    expect(binds).toHaveBeenCalledTimes(chain.length);
    await expectProduct(first, inputs[0] as Float32Array);
    // Another output: the last step alone is bound again.
    const second = await weights.multiply(x);
    expect(binds).toHaveBeenCalledTimes(chain.length + 1);
    second.dispose();
    // The memory of the second: nothing is.
    x.write(inputs[1] as Float32Array);
    const third = await weights.multiply(x);
    expect(binds).toHaveBeenCalledTimes(chain.length + 1);
    await expectProduct(third, inputs[1] as Float32Array);
    third.dispose();
    // Another input and output, before the ones before are read.
    using other = upload(inputs[2] as Float32Array);
    using fourth = await weights.multiply(other);
    expect(compiles).toHaveBeenCalledTimes(chain.length);
    await expectProduct(fourth, inputs[2] as Float32Array);
    await expectProduct(first, inputs[0] as Float32Array);
  });

  it("records once for vectors on the host, too", async () => {
    using weights = await compile(matrix, gpu, {
      plan: (shape) => factorByFactor(chain, shape.layout),
    });
    const next = uniform(7);
    const shape = { batch: BATCH, layout };
    const compiles = vi.spyOn(gpu.pipelines, "acquire");
    const before = compiles.mock.calls.length;
    for (let turn = 0; turn < 3; turn++) {
      const x = Float32Array.from({ length: BATCH * cols }, next);
      const found = await weights.multiply(x, shape);
      expected(x).forEach((value, index) => {
        expect(Math.abs((found[index] as number) - value)).toBeLessThan(1e-4);
      });
    }
    expect(compiles.mock.calls.length - before).toBe(chain.length);
    expect(weights.bytes).toBeGreaterThan(0);
    expect(gpu.memory.statistics.inUse).toBe(weights.bytes);
  });

  it("keeps the products of multiplications that are begun at once apart", async () => {
    using weights = await compile(matrix, gpu);
    const next = uniform(6);
    const inputs = Array.from({ length: 5 }, () =>
      Float32Array.from({ length: BATCH * cols }, next),
    );
    const xs = inputs.map(upload);
    const ys = await Promise.all(xs.map((x) => weights.multiply(x)));
    for (const [index, y] of ys.entries()) await expectProduct(y, inputs[index] as Float32Array);
    for (const each of [...xs, ...ys]) each.dispose();
  });

  it("refuses an input of another length, and goes on", async () => {
    using weights = await compile(matrix, gpu);
    using x = upload(new Float32Array(BATCH * cols).fill(1));
    using long = tensor(gpu, new Float32Array(BATCH * 17), { batch: BATCH, features: 17, layout });
    using _ = await weights.multiply(x);
    await expect(weights.multiply(long)).rejects.toMatchObject({ code: "TENSOR_MISMATCH" });
    const { inUse } = gpu.memory.statistics;
    const gone = upload(new Float32Array(BATCH * cols));
    gone.dispose();
    await expect(weights.multiply(gone)).rejects.toMatchObject({ code: "TENSOR_DISPOSED" });
    using y = await weights.multiply(x);
    await expectProduct(y, new Float32Array(BATCH * cols).fill(1));
    expect(gpu.memory.statistics.inUse - y.memory.size).toBe(inUse);
  });
});
