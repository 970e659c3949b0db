import { Chain } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { Graph } from "../graph/graph.ts";
import { ButterflyLinear } from "../layers/butterfly-linear.ts";
import { Gpt2 } from "../models/gpt2.ts";
import { numbers } from "../testing/draw.ts";
import { initialize } from "./initialize.ts";

const rootMeanSquare = (values: ArrayLike<number>): number =>
  Math.sqrt(Array.from(values, (value) => value ** 2).reduce((a, b) => a + b) / values.length);

describe.each(["normal", "orthogonal"] as const)("%s factors", (factors) => {
  it.each([
    ["one dense factor", "1,256,256,1"],
    ["Monarch", Chain.monarch(256).toString()],
    ["eight factors", Chain.squareDyadic(256).toString()],
    ["factors that are not square", "1,128,64,2; 2,64,128,1"],
  ])("keep the size of vectors through %s", (_, weight) => {
    const layer = new ButterflyLinear({ weight, bias: false });
    const x = numbers(32 * 256, 1);
    const { y } = new CpuModel(drawn(layer, factors)).runNow({ x });
    const ratio = rootMeanSquare(y as Float32Array) / rootMeanSquare(x);
    expect(ratio).toBeGreaterThan(0.7);
    expect(ratio).toBeLessThan(1.4);
  });
});

it("draws orthogonal factors, whose product keeps the length of each vector", () => {
  const layer = new ButterflyLinear({ weight: Chain.squareDyadic(64), bias: false });
  const graph = drawn(layer, "orthogonal", 64);
  const [first, second] = layer.matrices[0]?.factors ?? [];
  expect(first?.values).not.toEqual(second?.values);
  const x = numbers(32 * 64, 2);
  const { y = new Float32Array() } = new CpuModel(graph).runNow({ x });
  for (let row = 0; row < 32; row++) {
    const [before, after] = [x, y].map((all) =>
      rootMeanSquare(all.subarray(row * 64, (row + 1) * 64)),
    ) as [number, number];
    expect(Math.abs(after / before - 1)).toBeLessThan(1e-5);
  }
});

function drawn(layer: ButterflyLinear, factors: "normal" | "orthogonal", features = 256): Graph {
  const graph = new Graph();
  graph.output("y", layer.forward(graph.input("x", { vectors: 32, features })));
  initialize(graph, { seed: 3, factors });
  return graph;
}

it("draws tables narrowly, one that is a head too, and the same for the same seed", () => {
  const draw = (seed: number): Map<string, Float32Array> => {
    const model = new Gpt2({ vocabulary: 64, features: 32, layers: 1, heads: 2, positions: 16 });
    initialize(model.trace({ tokens: 4 }), { seed, tables: 0.05 });
    return new Map([...model.namedParameters()].map(([name, { values }]) => [name, values]));
  };
  const [first, same, other] = [draw(1), draw(1), draw(2)];
  for (const table of ["wte.weight", "wpe.weight"]) {
    const size = rootMeanSquare(first.get(table) as Float32Array);
    expect(Math.abs(size / 0.05 - 1)).toBeLessThan(0.2);
  }
  expect(first).toEqual(same);
  expect(first.get("wte.weight")).not.toEqual(other.get("wte.weight"));
  expect(first.get("h.0.ln_1.weight")).toEqual(new Float32Array(32).fill(1));
});

it("refuses what makes no sense", () => {
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  expect(() => initialize(new Graph(), { tables: -1 })).toThrow(refused);
  expect(() => initialize(new Graph(), { seed: "1" as never })).toThrow(refused);
  expect(() => initialize(new Graph(), { factors: "identity" as never })).toThrow(refused);
});
