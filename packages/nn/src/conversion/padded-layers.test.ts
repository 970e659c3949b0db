import { Butterfly, Chain } from "@papilio/butterfly";
import { expect, it } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { Graph } from "../graph/graph.ts";
import { ButterflyLinear } from "../layers/butterfly-linear.ts";
import { Linear } from "../layers/linear.ts";
import { Sequential } from "../layers/sequential.ts";
import { numbers } from "../testing/draw.ts";
import { butterflyize } from "./butterflyize.ts";

const [rows, cols] = [60, 30];
const chain = Chain.monarch({ rows: 64, cols: 32, blocks: 4 });

/** A dense layer whose weight is a part of a butterfly: that of its first outputs and inputs. */
function partOfButterfly(): Sequential {
  const whole = Butterfly.random(chain, { seed: 1 }).dense();
  const layer = new Linear({ inFeatures: cols, outFeatures: rows, seed: 2 });
  const part = new Float32Array(rows * cols);
  for (let row = 0; row < rows; row++) {
    part.set(whole.subarray(32 * row, 32 * row + cols), row * cols);
  }
  layer.weight.values = part;
  return new Sequential([layer]);
}

function outputsOf(model: Sequential, x: Float32Array): Float64Array {
  const graph = new Graph();
  graph.output("y", model.forward(graph.input("x", { vectors: 3, features: cols })));
  const cpu = new CpuModel(graph, { precision: "float64" });
  return cpu.runNow({ x }).y as Float64Array;
}

it.each([false, true])("pads a layer for a larger chain, calibrated: %s", async (calibrated) => {
  const model = partOfButterfly();
  const x = numbers(3 * cols, 5);
  const before = outputsOf(model, x);
  const graph = new Graph();
  graph.output("y", model.forward(graph.input("x", { vectors: 3, features: cols })));
  const [report] = await butterflyize(model, {
    chain: () => chain,
    maxError: 1e-3,
    ...(calibrated && { calibration: { graph, inputs: { x } } }),
  });
  expect(report).toMatchObject({ replaced: true, outFeatures: rows, inFeatures: cols, chain });
  expect([...model.namedModules().values()].some((one) => one instanceof ButterflyLinear)).toBe(
    true,
  );
  const after = outputsOf(model, x);
  const furthest = Math.max(...after.map((value, at) => Math.abs(value - (before[at] as number))));
  expect(furthest).toBeLessThan(1e-5);
});

it("leaves a layer that is larger than its chain", async () => {
  const small = Chain.monarch({ rows: 32, cols: 32, blocks: 4 });
  const [report] = await butterflyize(partOfButterfly(), { chain: () => small, maxError: 1 });
  expect(report).toMatchObject({ replaced: false, chain: undefined });
});
