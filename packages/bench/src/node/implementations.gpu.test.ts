import { join } from "node:path";
import { Chain, LAYOUTS } from "@papilio/butterfly";
import type { Gpu } from "@papilio/gpu-runtime";
import { openGpu } from "@papilio/gpu-runtime/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clockSteps } from "../measure/clock-steps.ts";
import { measureCase } from "../measure/measure.ts";
import { loadImplementations } from "./load-implementations.ts";
import { loadOnnxRuntime } from "./onnxruntime/load.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu({ adapter: process.env.PAPILIO_ADAPTER ?? "auto" });
});
afterAll(() => gpu.dispose());

const options = { rounds: 1, minSample: 0 };
const chains = ["3,5,7,2", "1,8,16,8", "1,16,8,4;2,8,4,2;8,2,4,1"].map((text) => Chain.parse(text));

describe.each(["f32", "f16"] as const)("in %s", (dtype) => {
  it("the example of an implementation of one's own is right", async (context) => {
    context.skip(dtype === "f16" && !gpu.report.features.f16, "no f16 on this adapter");
    const example = join(import.meta.dirname, "..", "..", "examples", "one-output-each.ts");
    const implementations = await loadImplementations(example);
    for (const chain of chains) {
      for (const layout of LAYOUTS) {
        const item = { chain, batch: 13, dtype, layout };
        const { results } = await measureCase(gpu, item, implementations, options);
        expect(results).toMatchObject([{ implementation: "one-output-each", status: "timed" }]);
      }
    }
  });

  it("ONNX Runtime's WebGPU provider is right, or says why it cannot", async (context) => {
    context.skip(dtype === "f16" && !gpu.report.features.f16, "no f16 on this adapter");
    const search = await loadOnnxRuntime();
    if ("reason" in search) throw new Error(search.reason);
    const onWebGpu = search.implementations.filter(({ processor }) => processor !== "cpu");
    expect(onWebGpu).toHaveLength(4);
    // The last has rows and columns of every kind; a session takes half a second to open.
    for (const chain of chains.slice(-1)) {
      for (const layout of LAYOUTS) {
        const item = { chain, batch: 13, dtype, layout };
        const { results } = await measureCase(gpu, item, onWebGpu, options);
        for (const entry of results) {
          if (entry.status !== "skipped") expect(entry.status).toBe("timed");
          else expect(entry.reason).toMatch(/^ONNX Runtime cannot do it: /);
        }
      }
    }
  });
});

describe("the steps of the clocks", () => {
  it("are found, the device's where it has timestamps", async () => {
    const { device, wall } = await clockSteps(gpu);
    expect(wall).toBeGreaterThan(0);
    expect(wall).toBeLessThan(1);
    if (gpu.report.features.timestamps) expect(device ?? 1).toBeGreaterThan(0);
    else expect(device).toBeNull();
  });
});
