import { Butterfly, Chain } from "@papilio/butterfly";
import type { Gpu } from "@papilio/gpu-runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { ButterflyLinear } from "../layers/butterfly-linear.ts";
import type { Linear } from "../layers/linear.ts";
import { VisionTransformer } from "../models/vision-transformer.ts";
import { difference, numbers } from "../testing/draw.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { butterflyize, type LayerConversion } from "./butterflyize.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const FIRST = "blocks.0.mlp.fc1";

/** A small transformer, one layer of which is a butterfly written out as a dense matrix. */
function model(): VisionTransformer {
  const made = new VisionTransformer({
    imageSize: 16,
    patchSize: 8,
    classes: 5,
    features: 32,
    layers: 1,
    heads: 2,
    hidden: 64,
    seed: 5,
  });
  const layer = made.namedModules().get(FIRST) as Linear;
  const chain = Chain.monarch({ rows: 64, cols: 32, blocks: 4 });
  layer.weight.values = Butterfly.random(chain, { seed: 1 }).dense();
  return made;
}

const images = numbers(2 * 3 * 16 * 16, 8);

function logitsOf(of: VisionTransformer): Float64Array {
  const cpu = new CpuModel(of.trace({ images: 2 }), { precision: "float64" });
  return cpu.runNow({ images }).logits as Float64Array;
}

const replacedOf = (reports: readonly LayerConversion[]): string[] =>
  reports.filter(({ replaced }) => replaced).map(({ path }) => path);

describe("conversion to butterflies", () => {
  it("replaces what is a butterfly, and leaves dense what is not, with the same answers", async () => {
    const converted = model();
    const before = logitsOf(converted);
    const heard: string[] = [];
    const reports = await butterflyize(converted, {
      maxError: 1e-3,
      chain: (layer) =>
        layer.outFeatures === 64 ? Chain.monarch({ rows: 64, cols: 32, blocks: 4 }) : undefined,
      onLayer: ({ path }) => heard.push(path),
    });
    expect(reports.map(({ path }) => path)).toEqual([
      "blocks.0.attn.q_proj",
      "blocks.0.attn.k_proj",
      "blocks.0.attn.v_proj",
      "blocks.0.attn.o_proj",
      FIRST,
      "blocks.0.mlp.fc2",
      "head",
    ]);
    expect(heard).toEqual(reports.map(({ path }) => path));
    expect(replacedOf(reports)).toEqual([FIRST]);
    const [one] = reports.filter(({ path }) => path === FIRST);
    expect(one).toMatchObject({
      parameters: { dense: 2048, butterfly: 512 },
      flops: { dense: 4096, butterfly: 1024 },
      reason: undefined,
    });
    expect(one?.error).toBeLessThan(1e-6);
    expect(converted.namedModules().get(FIRST)).toBeInstanceOf(ButterflyLinear);
    expect([...converted.namedParameters().keys()]).toContain(`${FIRST}.factors.0`);
    const { error } = difference(Float32Array.from(logitsOf(converted)), before);
    expect(error).toBeLessThan(1e-5);
  });

  it("says why layers stay dense", async () => {
    const layers = /attn\.q_proj|head/;
    const byError = await butterflyize(model(), { maxError: 0.01, layers });
    expect(byError.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/^its error of 0\.\d+ is larger than 0\.01$/),
      // Five outputs have no Monarch chain that is smaller.
      expect.any(String),
    ]);
    const bySize = await butterflyize(model(), {
      maxError: 1,
      maxParameters: 0.1,
      layers: /q_proj/,
    });
    expect(bySize[0]?.reason).toMatch(/values are more than 0\.1 of 1024/);
    expect(replacedOf([...byError, ...bySize])).toEqual([]);
  });

  it("makes less of an error of what a layer is given than of its weight", async () => {
    const calibrated = model();
    const graph = calibrated.trace({ images: 2 });
    const layers = /fc2$/;
    const options = { maxError: 1, layers } as const;
    const [plain] = await butterflyize(model(), options);
    const [refined] = await butterflyize(calibrated, {
      ...options,
      calibration: { graph, inputs: { images } },
    });
    expect(plain?.outputError).toBeUndefined();
    expect(refined?.outputError).toBeLessThan(plain?.error as number);
    expect(refined?.error).toBeGreaterThanOrEqual((plain?.error as number) - 1e-6);
  });

  it("looks for the best chain, and asks a device what it gains", async () => {
    const reports = await butterflyize(model(), {
      maxError: 1e-3,
      chain: "search",
      layers: /fc1$/,
      device: {
        gpu,
        batch: { batch: 64, layout: "batch-last", dtype: "f32" },
        measure: true,
      },
    });
    const [report] = reports as [LayerConversion];
    expect(report.error).toBeLessThan(1e-3);
    expect(report.predictedSpeedUp).toBeGreaterThan(0);
    expect(report.measuredSpeedUp).toBeGreaterThan(0);
    // What is measured decides, whichever it is.
    expect(report.replaced).toBe((report.measuredSpeedUp as number) >= 1);
  });

  it("refuses limits that are not valid, and stops when it is aborted", async () => {
    await expect(butterflyize(model(), { maxError: 0 })).rejects.toThrow(
      expect.objectContaining({ code: "CONVERSION_OPTION" }),
    );
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(butterflyize(model(), { maxError: 1, signal })).rejects.toThrow("enough");
  });
});
