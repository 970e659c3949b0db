import { describe, expect, it } from "vitest";
import { Graph } from "../../graph/graph.ts";
import { difference, numbers } from "../../testing/draw.ts";
import { OPERATION_CASES } from "../../testing/operation-cases.ts";
import { OnnxRun } from "../../testing/run-onnx.ts";
import { CpuModel } from "../cpu/cpu-model.ts";

const FLOAT32_EPSILON = 2 ** -23;

describe.each(Object.entries(OPERATION_CASES))(
  "%s in ONNX Runtime",
  { timeout: 30_000 },
  (kind, cases) => {
    it.each(Object.entries(cases))("%s", async (_, { make, terms, size = 1, indices = {} }) => {
      const graph = new Graph();
      graph.output("y", make(graph));
      expect(graph.operations.at(-1)?.kind).toBe(kind);
      const inputs = Object.fromEntries(
        [...graph.inputs].map(([name, input], index) => [
          name,
          "length" in input
            ? Uint32Array.from(indices[name] as readonly number[])
            : numbers(input.vectors * input.features, index),
        ]),
      );
      const expected = new CpuModel(graph, { precision: "float64" }).runNow(inputs);
      await using onnx = await OnnxRun.of(graph);
      const { y } = await onnx.run(inputs);
      const { error, magnitude } = difference(y as Float32Array, expected.y as Float64Array);
      const tolerance = terms * FLOAT32_EPSILON * Math.max(size, magnitude);
      expect(error).toBeLessThanOrEqual(tolerance);
    });
  },
);
