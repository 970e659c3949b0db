import { describe, expect, it } from "vitest";
import { difference } from "../../testing/draw.ts";
import { OPERATION_CASES } from "../../testing/operation-cases.ts";
import { OnnxRun } from "../../testing/run-onnx.ts";
import { solveCase } from "../../testing/solve-case.ts";

const FLOAT32_EPSILON = 2 ** -23;

describe.each(Object.entries(OPERATION_CASES))(
  "%s in ONNX Runtime",
  { timeout: 30_000 },
  (kind, cases) => {
    it.each(Object.entries(cases))("%s", async (_, one) => {
      const { terms, size = 1 } = one;
      const { graph, inputs, expected } = solveCase(kind, one);
      if (one.training) {
        await expect(OnnxRun.of(graph)).rejects.toMatchObject({ code: "ONNX_TRAINING" });
        return;
      }
      await using onnx = await OnnxRun.of(graph);
      const { y } = await onnx.run(inputs);
      const { error, magnitude } = difference(y as Float32Array, expected as Float64Array);
      const tolerance = terms * FLOAT32_EPSILON * Math.max(size, magnitude);
      expect(error).toBeLessThanOrEqual(tolerance);
    });
  },
);
