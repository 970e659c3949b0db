import { KroneckerSparse, LAYOUTS, Pattern } from "@papilio/butterfly";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import { describeMultiplications } from "../testing/describe-multiplications.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { runCase } from "../testing/run-case.ts";
import { prepareBmm } from "./bmm.ts";
import { prepareBsr } from "./bsr.ts";
import { prepareCsr } from "./csr.ts";
import { prepareDense } from "./dense.ts";
import { prepareEinsum } from "./einsum.ts";
import { prepareKroneckerSparse } from "./kronecker-sparse.ts";
import type { PrepareMultiplication } from "./multiplication.ts";

const preparations: Record<string, PrepareMultiplication> = {
  "kronecker-sparse": prepareKroneckerSparse,
  bmm: prepareBmm,
  bsr: prepareBsr,
  csr: prepareCsr,
  dense: prepareDense,
  einsum: prepareEinsum,
};

// Square and rectangular, with and without shuffles, multiples of every tile and of none.
const cases: [pattern: string, batch: number][] = [
  ["1,1,1,1", 1],
  ["3,5,7,6", 13],
  ["2,16,8,4", 32],
  ["2,8,32,1", 16],
  ["1,7,3,12", 2],
  ["2,6,4,2", 1],
  // Four blocks of one value: fewer values than an invocation has outputs.
  ["1,1,1,4", 20],
];

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

describeMultiplications(() => gpu, preparations, cases);

describe("what the device cannot bind whole", () => {
  // As if it bound no more than 16 KiB: the true limit takes gigabytes to pass.
  async function openSmall(): Promise<Gpu> {
    const opened = await openTestGpu();
    Object.assign(opened.report.limits, { maxStorageBufferBindingSize: 2 ** 14 });
    return opened;
  }

  it.for(
    LAYOUTS.flatMap((layout) => Object.keys(preparations).map((name) => [name, layout] as const)),
  )("is divided and gives the same, %s %s", async ([name, layout]) => {
    using small = await openSmall();
    const prepare = preparations[name] as PrepareMultiplication;
    const shape = { batch: 256, layout, dtype: "f32" } as const;
    // 64 KiB of inputs and of outputs.
    const factor = KroneckerSparse.random(new Pattern(16, 2, 2, 2), { seed: 3 });
    if (name === "dense" && layout === "batch-last") {
      // A dense matrix is one block: nothing in it is contiguous in memory but the whole.
      expect(() => prepare(small, factor, shape)).toThrow(
        expect.objectContaining({ code: "BUFFER_TOO_LARGE" }),
      );
      return;
    }
    const found = await runCase(small, factor, shape, (stored) => prepare(small, stored, shape));
    expect(found).toMatchObject({ ok: true, nonFinite: 0 });
    expect(small.memory.statistics.inUse).toBe(0);
  });

  it("has its bias divided with it", async () => {
    using small = await openSmall();
    const shape = { batch: 256, layout: "batch-last", dtype: "f32" } as const;
    const factor = KroneckerSparse.random(new Pattern(16, 2, 2, 2), { seed: 3 });
    const bias = Float32Array.from({ length: 64 }, (_, index) => index);
    const found = await runCase(
      small,
      factor,
      shape,
      (stored) => prepareKroneckerSparse(small, stored, shape, { bias }),
      bias,
    );
    expect(found).toMatchObject({ ok: true, nonFinite: 0 });
  });
});

describe("limits", () => {
  it("refuses a dense matrix that the device cannot hold, before it is built", () => {
    const factor = KroneckerSparse.random(new Pattern(1024, 2, 2, 128), { seed: 0 });
    expect(() =>
      prepareDense(gpu, factor, { batch: 1, layout: "batch-last", dtype: "f32" }),
    ).toThrow(expect.objectContaining({ code: "BUFFER_TOO_LARGE" }));
  });

  it("refuses a bias of the wrong length", () => {
    const factor = KroneckerSparse.random(new Pattern(1, 2, 2, 2), { seed: 0 });
    expect(() =>
      prepareKroneckerSparse(
        gpu,
        factor,
        { batch: 1, layout: "batch-last", dtype: "f32" },
        { bias: new Float32Array(3) },
      ),
    ).toThrow(expect.objectContaining({ code: "BIAS_LENGTH" }));
  });
});
