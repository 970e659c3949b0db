import { Chain } from "@papilio/butterfly";
import type { AdapterReport } from "@papilio/gpu-runtime";
import { typicalReport } from "@papilio/gpu-runtime/planning";
import { describe, expect, it } from "vitest";
import { Graph } from "../graph/graph.ts";
import { ButterflyLinear } from "../layers/butterfly-linear.ts";
import { choosePlace, type Machine, type PlacedProduct } from "./choose-place.ts";
import { compileGraph, placeOfGraph } from "./compile.ts";
import { workOf } from "./work.ts";

const lavapipe: Machine = { adapter: { name: "llvmpipe", kind: "software" }, threads: 2 };
const swiftshader: Machine = { adapter: { name: "SwiftShader", kind: "software" }, threads: 2 };
const gpu: Machine = { adapter: { name: "a GPU", kind: "hardware" }, threads: 8 };

const product = (chain: Chain, batch = 128, rest: Partial<PlacedProduct> = {}): PlacedProduct => ({
  chain,
  batch,
  dtype: "f32",
  layout: "batch-last",
  ...rest,
});

/** Milliseconds of the fastest plan on each adapter in results/chains-*.jsonl, and gpu / CPU backend. */
const MEASURED = [
  [Chain.squareDyadic(1024), 128, lavapipe, 1.32],
  [Chain.squareDyadic(4096), 128, lavapipe, 4.59],
  [Chain.monarch(1024), 4096, lavapipe, 23.72],
  [Chain.squareDyadic(1024), 128, swiftshader, 5.07],
  [Chain.squareDyadic(4096), 128, swiftshader, 18.26],
  [Chain.monarch(1024), 128, swiftshader, 7.47],
] as const;

describe("where to multiply", () => {
  it.each(MEASURED)(
    "is the CPU where the only adapter is software: %s x %i",
    (chain, batch, machine, milliseconds) => {
      const { place, seconds, reason, basis } = choosePlace(
        { products: [product(chain, batch)] },
        machine,
      );
      expect(place).toBe("cpu");
      expect(basis).toEqual({ cpu: "model", gpu: "model" });
      expect(reason).toContain(`predicted on ${machine.adapter?.name}`);
      // Within a factor of two and a half of what was measured.
      expect((seconds.gpu ?? 0) / (milliseconds / 1000)).toBeGreaterThan(0.4);
      expect((seconds.gpu ?? 0) / (milliseconds / 1000)).toBeLessThan(2.5);
    },
  );

  it("is a GPU for much work, and the CPU for what is less than a dispatch", () => {
    const large = choosePlace({ products: [product(Chain.monarch(4096), 4096)] }, gpu);
    expect(large.place).toBe("gpu");
    expect(large.reason).toMatch(/^.+ predicted, against .+ predicted on the CPU$/);
    const steps = Array.from({ length: 20 }, () => product(Chain.squareDyadic(8), 1));
    const small = choosePlace({ products: steps, besides: { operations: 0, flops: 0 } }, gpu);
    expect(small.seconds.gpu).toBeGreaterThan(0);
  });

  it("counts a measurement more than a prediction", () => {
    const work = { products: [product(Chain.monarch(1024))] };
    const measured = choosePlace(work, lavapipe, { gpu: 1e-6, cpu: 2e-6 });
    expect(measured).toMatchObject({
      place: "gpu",
      seconds: { gpu: 1e-6, cpu: 2e-6 },
      basis: { gpu: "measured", cpu: "measured" },
      reason: "1 µs measured, against 2 µs measured on the CPU",
    });
    expect(choosePlace(work, gpu, { gpu: 1 })).toMatchObject({
      place: "cpu",
      basis: { gpu: "measured", cpu: "model" },
      reason: expect.stringMatching(/^.+ predicted, against 1 s measured on a GPU$/),
    });
  });

  it("is the CPU without an adapter, and where the adapter cannot hold it", () => {
    expect(choosePlace({ products: [product(Chain.monarch(64))] }, { threads: 1 })).toMatchObject({
      place: "cpu",
      seconds: { gpu: null },
      reason: "there is no adapter",
    });
    const huge = { products: [product(Chain.monarch(4096), 2 ** 20)] };
    expect(choosePlace(huge, gpu)).toMatchObject({
      place: "cpu",
      reason: "a GPU cannot hold it",
    });
    const half = { products: [product(Chain.monarch(4096), 4096, { dtype: "f16" })] };
    const without: AdapterReport = {
      ...typicalReport({ name: "a GPU", kind: "hardware" }),
      features: { f16: false, subgroups: null, timestamps: false },
    };
    expect(choosePlace(half, { adapter: without }).place).toBe("cpu");
    expect(choosePlace(half, gpu).place).toBe("gpu");
  });

  it("follows the adapter's own rates", () => {
    const work = { products: [product(Chain.monarch(4096), 1024)] };
    const slow = { copyBytesPerSecond: 1e9, flopsPerSecond: 1e9, dispatchSeconds: 1e-3 };
    expect(choosePlace(work, { ...gpu, rates: slow }).place).toBe("cpu");
  });
});

describe("the work of a graph", () => {
  const graph = new Graph();
  const x = graph.input("x", { vectors: 32, features: 64 });
  const layer = new ButterflyLinear({ inFeatures: 64, outFeatures: 64, weight: Chain.monarch(64) });
  graph.output("y", layer.forward(x));

  it("is its products", () => {
    const { products, besides } = workOf(graph, { dtype: "f16" });
    expect(products).toEqual([
      { chain: Chain.monarch(64), batch: 32, dtype: "f16", layout: "batch-last" },
    ]);
    expect(besides).toEqual({ operations: 0, flops: 0 });
  });

  it("decides where a graph runs: on the CPU without a device", async () => {
    const { model, choice } = await compileGraph(graph);
    expect(choice).toMatchObject({ place: "cpu", reason: "there is no adapter" });
    const { y } = await model.run({ x: new Float32Array(32 * 64).fill(1) });
    expect(y).toHaveLength(32 * 64);
    model.dispose();
    expect(placeOfGraph(graph).place).toBe("cpu");
  });
});
