import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import type { Gpu } from "@papilio/gpu-runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { DeviceModel } from "../backends/gpu/device-model.ts";
import { Graph } from "../graph/graph.ts";
import { linear } from "../operations/linear/operation.ts";
import { difference, inputsFor, parameter } from "./draw.ts";
import { openTestGpu } from "./open-test-gpu.ts";
import { FEATURES } from "./operation-case.ts";
import { OPERATIONS_ON_VECTORS } from "./operation-cases.ts";
import { TRAINING_ON_VECTORS } from "./training-cases.ts";

const kinds = Object.entries({ ...OPERATIONS_ON_VECTORS, ...TRAINING_ON_VECTORS }).flatMap(
  ([kind, cases]) => cases.map((make, index) => ({ name: `${kind} ${index + 1}`, make })),
);

/** Vectors that are padded or not, operations alone or between others, each layout and dtype once. */
const SETTINGS = [
  { vectors: 18, inside: true, layout: "batch-last", dtype: "f32" },
  { vectors: 5, inside: false, layout: "batch-last", dtype: "f32" },
  { vectors: 18, inside: false, layout: "batch-first", dtype: "f32" },
  { vectors: 5, inside: true, layout: "batch-last", dtype: "f16" },
] as const;

/**
 * Tests each case of each operation on a device, in the settings that are asked for by number: the first three in single
 * precision, the last one in half precision.
 */
export function testOperations(runs: (kind: number, setting: number) => boolean): void {
  let gpu: Gpu;
  beforeAll(async () => {
    gpu = await openTestGpu();
  });
  afterAll(() => gpu.dispose());

  const settings = SETTINGS.map((setting, number) => ({
    ...setting,
    kinds: kinds.filter((_, kind) => runs(kind, number)),
  }));
  // A suite without tests is a failure.
  describe.each(settings.filter((setting) => setting.kinds.length > 0))(
    "$vectors vectors $layout in $dtype, inside: $inside",
    (setting) => {
      const { vectors, inside, layout, dtype } = setting;
      it.for(setting.kinds)(
        "$name gives the CPU's answer in float64",
        async ({ make }, { skip }) => {
          skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
          const graph = new Graph();
          const input = graph.input("x", { vectors, features: FEATURES });
          const y = make(inside ? linear(input, parameter([FEATURES, FEATURES], 11)) : input);
          graph.output("y", inside ? linear(y, parameter([5, y.features], 12)) : y);
          const inputs = inputsFor(graph);
          const expected = new CpuModel(graph, { precision: "float64" }).runNow(inputs);
          using model = await DeviceModel.compile(gpu, graph, { dtype, layout });
          const first = await model.run(inputs);
          const { error, magnitude } = difference(
            first.y as Float32Array,
            expected.y as Float64Array,
          );
          // Few operations with sums of few numbers of about 1, each rounded a few times.
          expect(error).toBeLessThanOrEqual(
            100 * FLOAT_FORMATS[dtype].epsilon * Math.max(1, magnitude),
          );
          const second = await model.run(inputs);
          expect(second.y).toEqual(first.y);
        },
      );
    },
  );
}
