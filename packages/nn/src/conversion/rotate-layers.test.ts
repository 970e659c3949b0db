import { dequantizeValues, FEW_BITS, quantizeValues } from "@papilio/butterfly/numeric";
import fc from "fast-check";
import { expect, it } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { Graph } from "../graph/graph.ts";
import { ButterflyLinear } from "../layers/butterfly-linear.ts";
import { Linear } from "../layers/linear.ts";
import { Sequential } from "../layers/sequential.ts";
import { numbers } from "../testing/draw.ts";
import { rotateLayers } from "./rotate-layers.ts";

function outputsOf(model: Sequential, features: number, x: Float32Array): Float64Array {
  const graph = new Graph();
  graph.output("y", model.forward(graph.input("x", { vectors: 2, features })));
  const cpu = new CpuModel(graph, { precision: "float64" });
  return cpu.runNow({ x }).y as Float64Array;
}

it("leaves what a layer computes as it is", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 96 }),
      fc.integer({ min: 1, max: 40 }),
      fc.boolean(),
      fc.nat(),
      (inFeatures, outFeatures, bias, seed) => {
        const model = new Sequential([new Linear({ inFeatures, outFeatures, bias, seed })]);
        const x = numbers(2 * inFeatures, seed);
        const before = outputsOf(model, inFeatures, x);
        const rotated = rotateLayers(model);
        expect(rotated.length).toBe(inFeatures % 2 === 0 ? 1 : 0);
        const after = outputsOf(model, inFeatures, x);
        // Weights are rounded to float32 once; rows of a rotation have the norm of 1 to 2.
        const bound = 2 * inFeatures * 2 ** -24 * 2 * Math.max(...x.map(Math.abs));
        for (const [at, value] of after.entries()) {
          expect(Math.abs(value - (before[at] as number))).toBeLessThanOrEqual(bound);
        }
      },
    ),
  );
});

it("has factors of signs, which few bits hold exactly", () => {
  const model = new Sequential([new Linear({ inFeatures: 96, outFeatures: 8 })]);
  expect(rotateLayers(model)).toEqual([{ path: "0", product: "1,8,96,1; 3,8,8,4; 24,4,4,1" }]);
  const layer = model.namedModules().get("0") as ButterflyLinear;
  const [, ...rotation] = layer.matrices.flatMap(({ chain, factors }) =>
    factors.map(({ values }, at) => ({ values, pattern: chain.patterns[at] })),
  );
  expect(rotation.length).toBe(2);
  for (const { values, pattern } of rotation) {
    const { a = 0, b = 0, c = 0, d = 0 } = pattern ?? {};
    expect(new Set(values.map(Math.abs)).size).toBe(1);
    for (const dtype of FEW_BITS) {
      expect(dequantizeValues(quantizeValues(values, [a, b, c, d], dtype))).toEqual(values);
    }
  }
});

it("spreads an outlier over all inputs of its row", () => {
  const layer = new Linear({ inFeatures: 64, outFeatures: 1 });
  layer.weight.values = Float32Array.from({ length: 64 }, (_, at) => (at === 5 ? 64 : 0));
  const model = new Sequential([layer]);
  rotateLayers(model);
  const [first] = (model.namedModules().get("0") as ButterflyLinear).matrices;
  expect(new Set(first?.factors[0]?.values.map(Math.abs))).toEqual(new Set([8]));
});

it("rotates the layers that are chosen", () => {
  const shape = { inFeatures: 8, outFeatures: 8 };
  const model = new Sequential([new Linear(shape), new Linear(shape)]);
  expect(rotateLayers(model, { layers: /^1$/ }).map(({ path }) => path)).toEqual(["1"]);
  const kinds = [...model.namedModules().values()].map((one) => one instanceof ButterflyLinear);
  expect(kinds).toEqual([false, false, true]);
});
