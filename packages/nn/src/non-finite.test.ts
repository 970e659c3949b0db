import { describe, expect, it } from "vitest";
import { CpuModel } from "./backends/cpu/cpu-model.ts";
import { differences, nonFiniteCases } from "./testing/non-finite.ts";
import { OnnxRun } from "./testing/run-onnx.ts";

const CASES = nonFiniteCases();

describe("NaN and infinities", () => {
  it.for(CASES)("go through $name on the CPU as in numpy", async ({ graph, inputs, expected }) => {
    const exact = new CpuModel(graph, { precision: "float64" }).runNow(inputs);
    expect(differences(exact.y, expected, 2 ** -52)).toEqual([]);
    using kernels = new CpuModel(graph, { kernels: "wasm" });
    expect(differences((await kernels.run(inputs)).y, expected, 2 ** -24)).toEqual([]);
  });

  it.for(CASES)("go through $name in ONNX Runtime as in numpy", async (given) => {
    const { graph, inputs, expected } = given;
    await using run = await OnnxRun.of(graph);
    expect(differences((await run.run(inputs)).y, expected, 2 ** -24)).toEqual([]);
  });
});
