import { decodeHalf, encodeHalf } from "@papilio/butterfly/numeric";
import { describe, expect, it } from "vitest";
import { Graph } from "../../graph/graph.ts";
import { Parameter } from "../../modules/parameter.ts";
import { linear } from "../../operations/linear/operation.ts";
import { difference, numbers, parameter } from "../../testing/draw.ts";
import { CpuModel } from "./cpu-model.ts";
import { CpuWeightStore } from "./cpu-weight-store.ts";

const [VECTORS, INPUTS, OUTPUTS] = [3, 40, 25];

function multiplying(weight: Parameter): Graph {
  const graph = new Graph();
  const x = graph.input("x", { vectors: VECTORS, features: INPUTS });
  graph.output("y", linear(x, weight));
  return graph;
}

describe("weights in half precision", () => {
  it("take half of the memory, and are those that are nearest", async () => {
    const weight = parameter([OUTPUTS, INPUTS], 1);
    const nearest = Parameter.of([OUTPUTS, INPUTS], decodeHalf(encodeHalf(weight.values)));
    const x = numbers(VECTORS * INPUTS, 2);
    const expected = new CpuModel(multiplying(nearest), { precision: "float64" }).runNow({ x });
    const weights = new CpuWeightStore({ dtype: "f16" });
    using model = new CpuModel(multiplying(weight), { kernels: "wasm", weights });
    const { y } = await model.run({ x });
    const { error } = difference(y as Float32Array, expected.y as Float64Array);
    // Sums of 40 products of numbers below 1, each rounded once.
    expect(error).toBeLessThan(40 * 40 * 2 ** -24);
    expect(weights.bytes).toBe(2 * OUTPUTS * INPUTS);
  });

  it("are refused where one is too large for it", async () => {
    const large = parameter([OUTPUTS, INPUTS], 1).values.with(7, 1e5);
    const weights = new CpuWeightStore({ dtype: "f16" });
    using model = new CpuModel(multiplying(Parameter.of([OUTPUTS, INPUTS], large)), {
      kernels: "wasm",
      weights,
    });
    const x = numbers(VECTORS * INPUTS, 2);
    await expect(model.run({ x })).rejects.toThrow(
      expect.objectContaining({ code: "VALUE_RANGE" }),
    );
  });

  it("are of one of two precisions", () => {
    for (const dtype of ["f8", 16, null]) {
      expect(() => new CpuWeightStore({ dtype } as never)).toThrow(
        expect.objectContaining({ code: "OPTION_INVALID" }),
      );
    }
  });
});
