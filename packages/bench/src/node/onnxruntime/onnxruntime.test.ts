import { Butterfly, Chain, LAYOUTS, type StorageDtype } from "@papilio/butterfly";
import { encodeOnnx } from "@papilio/nn/onnx";
import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { type Case, singleDtypeOf } from "../../cases/case.ts";
import type { CpuImplementation, Prepared } from "../../implementations/implementation.ts";
import { createOracle } from "../../measure/oracle.ts";
import { productGraph } from "./graphs.ts";
import { loadOnnxRuntime } from "./load.ts";

// With its first tensor the library settles how it holds half precision: here as in a program that
// has used it before.
new ort.Tensor("float32", Float32Array.of(0), [1]);
const search = await loadOnnxRuntime();
const onCpu =
  "reason" in search
    ? []
    : search.implementations.filter((one): one is CpuImplementation => one.processor === "cpu");

/** What the CPU provider needs of a problem: no device, no tensors. */
function prepare(implementation: CpuImplementation, item: Case, copies = 1): Promise<Prepared> {
  const { butterfly, x } = createOracle(item, 1);
  const { batch, layout } = item;
  const shape = { batch, dtype: singleDtypeOf(item), layout };
  return implementation.prepare({
    ...{ butterfly: butterfly as Butterfly, shape },
    ...{ hostInput: x as Float32Array, inputCount: copies },
  });
}

describe("ONNX Runtime on the CPU", () => {
  it("is there, with the graphs that users write", () => {
    expect(onCpu.map(({ name }) => name)).toEqual([
      "ort-cpu-bmm",
      "ort-cpu-einsum",
      "ort-cpu-multiply-sum",
      "ort-cpu-dense",
    ]);
  });

  it("ends its sessions once, however often it is disposed of", async () => {
    const item = {
      chain: Chain.parse("1,5,7,4"),
      batch: 2,
      dtype: "f32",
      layout: "batch-first",
    } as const;
    const prepared = await prepare(onCpu[0] as CpuImplementation, item);
    // A second end of a session would be a rejection that nobody waits for, which fails the tests.
    for (let time = 0; time < 2; time++) prepared[Symbol.dispose]();
    await new Promise((resolve) => setImmediate(resolve));
    await expect(prepared.run(1)).rejects.toThrow(
      expect.objectContaining({ code: "ONNX_RUNTIME_UNSUPPORTED" }),
    );
  });

  const chains = [
    "4,6,8,3",
    "1,5,7,4",
    "6,8,4,1",
    "1,16,12,1",
    "1,16,8,4;2,8,4,2;8,2,4,1",
    "2,4,6,5;4,15,10,1",
  ];
  const cases = chains.flatMap((chain) =>
    LAYOUTS.flatMap((layout) =>
      (["f32", "f16"] as StorageDtype[]).map((dtype) => ({ chain, layout, dtype })),
    ),
  );

  it.each(cases)("multiplies by $chain, $layout in $dtype", async ({ chain, layout, dtype }) => {
    const item = { chain: Chain.parse(chain), batch: 9, dtype, layout };
    const oracle = createOracle(item, 1);
    for (const implementation of onCpu) {
      using prepared = await prepare(implementation, item, 2);
      // Two inputs that are read in turn, and the first again.
      await prepared.run(3);
      const output = await prepared.output?.();
      expect(output).toBeInstanceOf(Float32Array);
      expect(
        oracle.check(output as Float32Array, implementation),
        implementation.name,
      ).toMatchObject({ ok: true });
    }
  });

  it("times transpositions apart, where bmm has any", async () => {
    const bmm = onCpu.find(({ name }) => name === "ort-cpu-bmm") as CpuImplementation;
    const item = (chain: string, layout: Case["layout"]): Case => ({
      chain: Chain.parse(chain),
      batch: 4,
      dtype: "f32",
      layout,
    });
    using shuffled = await prepare(bmm, item("2,4,4,3", "batch-last"));
    // 24 features in and out of 4 vectors, and 96 values; the transpositions read and write both.
    expect(shuffled.traffic).toEqual({ multiply: 4 * (4 * 48 + 96), rewrite: 4 * 2 * 4 * 48 });
    const roles = await shuffled.timeRoles?.(2);
    expect(roles?.multiply).toBeGreaterThan(0);
    expect(roles?.rewrite).toBeGreaterThan(0);
    using straight = await prepare(bmm, item("6,4,4,1", "batch-last"));
    expect(straight.timeRoles).toBeUndefined();
    expect(straight.traffic?.rewrite).toBe(0);
    // Batch-first, the blocks of a vector are beside each other, and a batched product wants them apart.
    using apart = await prepare(bmm, item("6,4,4,1", "batch-first"));
    expect(apart.timeRoles).toBeDefined();
  });

  it("counts the weights' bytes", async () => {
    const item: Case = {
      chain: Chain.parse("2,4,4,3"),
      batch: 4,
      dtype: "f16",
      layout: "batch-last",
    };
    const bytes = await Promise.all(
      onCpu.map(async (implementation) => {
        using prepared = await prepare(implementation, item);
        return [implementation.name, prepared.bytes];
      }),
    );
    const of = Object.fromEntries(bytes) as Record<string, number>;
    // 96 values of two bytes, and the lists of sizes that Reshape reads.
    expect(of["ort-cpu-bmm"]).toBeGreaterThanOrEqual(192);
    expect(of["ort-cpu-bmm"]).toBeLessThan(192 + 256);
    expect(of["ort-cpu-dense"]).toBeGreaterThanOrEqual(2 * 24 * 24);
  });
});

describe("what ONNX Runtime refuses", () => {
  it("is an error with a code, for an operator that a provider lacks", async () => {
    if ("reason" in search) throw new Error(search.reason);
    const ort = await import("onnxruntime-node");
    const { onnxImplementation } = await import("./implementations.ts");
    const broken: typeof ort.InferenceSession = Object.create(ort.InferenceSession, {
      create: { value: () => Promise.reject(new Error("no kernel for it\nand more")) },
    });
    const implementation = onnxImplementation({ ...ort, InferenceSession: broken }, "cpu", "bmm");
    const item: Case = {
      chain: Chain.parse("2,4,4,3"),
      batch: 4,
      dtype: "f32",
      layout: "batch-last",
    };
    await expect(prepare(implementation as CpuImplementation, item)).rejects.toMatchObject({
      code: "ONNX_RUNTIME_UNSUPPORTED",
      message: "ONNX Runtime cannot do it: no kernel for it",
    });
  });

  it("is a reason, where the package is not installed", async () => {
    const missing = await loadOnnxRuntime(() => Promise.reject(new Error("Cannot find package")));
    expect(missing).toEqual({ reason: expect.stringContaining("Cannot find package") });
  });
});

describe("an ONNX file", () => {
  it("names its parts as onnx.proto numbers them", () => {
    const butterfly = Butterfly.random(Chain.parse("2,4,4,3"), { seed: 1 });
    const graph = productGraph("bmm", butterfly, {
      batch: 4,
      dtype: "f32",
      layout: "batch-last",
    });
    expect(graph.nodes.map(({ op }) => op)).toEqual([
      "Reshape",
      "Transpose",
      "Reshape",
      "MatMul",
      "Reshape",
      "Transpose",
      "Reshape",
      "Reshape",
    ]);
    const bytes = encodeOnnx(graph);
    // Field 1, a varint: IR version 9. Field 2, a string: who made it.
    expect([...bytes.subarray(0, 4)]).toEqual([0x08, 9, 0x12, 7]);
    expect(new TextDecoder().decode(bytes.subarray(4, 11))).toBe("papilio");
  });
});
