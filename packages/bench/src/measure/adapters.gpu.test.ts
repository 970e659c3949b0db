import { Chain } from "@papilio/butterfly";
import type { Gpu } from "@papilio/gpu-runtime";
import { openGpu } from "@papilio/gpu-runtime/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Case } from "../cases/case.ts";
import { cpuAdapterImplementations } from "../implementations/adapters-on-cpu.ts";
import type { CpuImplementation } from "../implementations/implementation.ts";
import { adapterImplementations, implementations } from "../implementations/registry.ts";
import { createAdapterOracle } from "./adapter-oracle.ts";
import { measureCase } from "./measure.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu({ adapter: process.env.PAPILIO_ADAPTER ?? "auto" });
});
afterAll(() => gpu.dispose());

const options = { rounds: 1, minSample: 0 };
const adapterOf = (n: number, b: number, levels: number, rest: Partial<Case> = {}): Case => ({
  operation: "adapt",
  chain: Chain.parse([`1,${n},${n},1`, ...Array(levels).fill(`${n / b},${b},${b},1`)].join(";")),
  ...{ batch: 3, dtype: "f32", layout: "batch-first" },
  ...rest,
});

describe("a weight that a butterfly adapter rotates", () => {
  it.each([
    [1, 12, 4, 1],
    [18, 32, 4, 3],
  ])(
    "of %d vectors, %d features, blocks of %d and %d levels, is verified, then timed",
    async (batch, ...sizes) => {
      const item = adapterOf(...sizes, { batch });
      const result = await measureCase(gpu, item, adapterImplementations, options);
      expect(result).toMatchObject({ operation: "adapt", verifiedVectors: batch });
      expect(result.results.map(({ implementation, status }) => [implementation, status])).toEqual(
        ["kronecker-sparse", "dense", "cpu-wasm", "cpu-dense"].map((name) => [name, "timed"]),
      );
    },
  );

  it("is computed batch-last on a device, and said not to be on the CPU", async () => {
    const { results } = await measureCase(
      gpu,
      adapterOf(32, 4, 3, { layout: "batch-last" }),
      adapterImplementations,
      options,
    );
    expect(results.map(({ status }) => status)).toEqual(["timed", "timed", "skipped", "skipped"]);
  });

  it("is wrong where the rotation is turned the other way", async () => {
    const [live] = cpuAdapterImplementations as readonly [CpuImplementation];
    const turned: CpuImplementation = {
      ...live,
      name: "turned",
      prepare: (problem) => {
        const { adapter } = problem;
        if (adapter === undefined) throw new Error("there is no adapter");
        const rotation = adapter.rotation.map((matrix) => matrix.transpose());
        return live.prepare({ ...problem, adapter: { ...adapter, rotation } });
      },
    };
    const { results } = await measureCase(gpu, adapterOf(32, 4, 3), [turned], options);
    expect(results).toMatchObject([{ implementation: "turned", status: "wrong" }]);
  });

  it("is not what multiplies, nor any chain", async () => {
    const item = adapterOf(16, 4, 2);
    const { operation: _, ...product } = item;
    const { results } = await measureCase(gpu, product, adapterImplementations, options);
    expect(results.map(({ status }) => status)).toEqual(Array(4).fill("skipped"));
    for (const chain of [
      "1,16,16,1",
      "4,4,4,1;4,4,4,1",
      "1,16,16,1;4,4,4,1;8,2,2,1",
      "1,16,16,1;4,2,2,2",
      "1,12,12,1;3,4,4,1;3,4,4,1",
      "1,18,18,1;6,3,3,1;6,3,3,1",
      "1,8,16,1;4,4,4,1",
    ]) {
      const wrong = { ...item, chain: Chain.parse(chain) };
      await expect(measureCase(gpu, wrong, implementations)).rejects.toMatchObject({
        code: "ADAPTER_CHAIN",
      });
    }
  });
});

it("the answers are those of the levels, one after another, in float64", () => {
  const item = adapterOf(32, 4, 3);
  const { adapter, x, check } = createAdapterOracle(item, 5);
  if (adapter === undefined) throw new Error("there is no adapter");
  const rotation = adapter.rotation.dense();
  // Orthogonal, of values that were rounded once.
  for (let i = 0; i < 32; i++) {
    const row = rotation.subarray(32 * i, 32 * i + 32);
    expect(row.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, 5);
    expect(row.filter((value) => value !== 0).length).toBe(16);
  }
  const y = Float32Array.from({ length: 3 * 32 }, (_, at) => {
    const [vector, row] = [Math.floor(at / 32), at % 32];
    let sum = 0;
    for (let p = 0; p < 32; p++) {
      for (let q = 0; q < 32; q++) {
        sum +=
          (adapter.weight.values[row * 32 + p] as number) *
          (rotation[p * 32 + q] as number) *
          (x[vector * 32 + q] as number);
      }
    }
    return sum;
  });
  expect(check(y, {}).ok).toBe(true);
  y[40] = (y[40] as number) + 1e-3;
  expect(check(y, {})).toMatchObject({ ok: false });
});
