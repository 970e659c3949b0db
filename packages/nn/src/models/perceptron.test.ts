import { uniform } from "@papilio/butterfly/numeric";
import { describe, expect, it } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import type { Graph } from "../graph/graph.ts";
import { OnnxRun } from "../testing/run-onnx.ts";
import { initialize } from "../training/initialize.ts";
import { perceptron } from "./perceptron.ts";

const VECTORS = 5;
const sizes = { model_type: "mlp", inFeatures: 20, hidden: 32, layers: 3 };
const next = uniform(7);
const features = Float32Array.from({ length: VECTORS * 20 }, () => next());

describe("a perceptron", () => {
  it.each([
    ["logits", 17, "dense"],
    ["logits", 17, "monarch"],
    ["logits", 32, "dyadic"],
    ["prediction", undefined, "monarch"],
  ] as const)(
    "computes %s of %s classes with %s layers, in ONNX too",
    async (output, classes, linear) => {
      const model = perceptron({ ...sizes, classes, papilio: { linear } }, { seed: 3 });
      const graph: Graph = model.trace({ vectors: VECTORS });
      initialize(graph, { seed: 3 });
      const found: Float32Array[] = [];
      for (const kernels of ["reference", "wasm"] as const) {
        using cpu = new CpuModel(graph, { kernels });
        found.push((await cpu.run({ features }))[output] as Float32Array);
      }
      await using onnx = await OnnxRun.of(graph);
      found.push((await onnx.run({ features }))[output] as Float32Array);
      const [reference, ...others] = found as [Float32Array, ...Float32Array[]];
      expect(reference.length).toBe(VECTORS * (classes ?? 1));
      for (const other of others) {
        for (const [at, value] of reference.entries()) {
          expect(Math.abs((other[at] as number) - value)).toBeLessThan(
            1e-5 * (1 + Math.abs(value)),
          );
        }
      }
    },
  );

  it("refuses the config.json of another model, and one without sizes", () => {
    expect(() => perceptron({ model_type: "gcn" })).toThrow(
      expect.objectContaining({ code: "CONFIG_UNSUPPORTED" }),
    );
    expect(() => perceptron({ model_type: "mlp" })).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }),
    );
  });
});
