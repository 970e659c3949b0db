import { expect, it } from "vitest";
import { Graph } from "../../graph/graph.ts";
import { Conv2d } from "../../layers/conv2d.ts";
import { activate } from "../../operations/activation/operation.ts";
import { difference, inputsFor } from "../../testing/draw.ts";
import { CpuModel } from "./cpu-model.ts";

/** A convolution of images of `size` x `size`, with an activation behind it. */
function convolved(size: number, kernelSize: number): Graph {
  const graph = new Graph();
  const x = graph.input("x", { vectors: 2, features: 3 * size * size });
  const layer = new Conv2d({ inChannels: 3, outChannels: 10, kernelSize, padding: 1 });
  const { value } = layer.forward(x, { images: 2, size: [size, size], source: "image" });
  graph.output("y", activate(value, { kind: "relu" }));
  return graph;
}

it.each([
  { size: 12, kernelSize: 3, kernels: ["convolution"] },
  { size: 4, kernelSize: 3, kernels: ["windows", "product"] },
  { size: 9, kernelSize: 9, kernels: ["windows", "product"] },
])("computes windows of $kernelSize of images of $size by $kernels", async (one) => {
  const graph = convolved(one.size, one.kernelSize);
  const inputs = inputsFor(graph);
  const expected = new CpuModel(graph, { precision: "float64" }).runNow(inputs).y as Float64Array;
  using model = new CpuModel(graph, { kernels: "wasm" });
  const { y } = await model.run(inputs);
  const { error, magnitude } = difference(y as Float32Array, expected);
  expect(error).toBeLessThanOrEqual(300 * 2 ** -23 * Math.max(1, magnitude));
  const { operations } = await model.profile();
  const found = operations
    .flatMap(({ kernels }) => kernels.map((label) => label.split(" ")[0]))
    .filter((kernel) => ["convolution", "windows", "product"].includes(kernel as string));
  expect(found).toEqual(one.kernels);
});

it("keeps windows that something else reads too", async () => {
  const graph = convolved(12, 3);
  const unfolded = graph.operations.find(({ kind }) => kind === "unfold");
  graph.output("windows", unfolded?.output as never);
  using model = new CpuModel(graph, { kernels: "wasm" });
  const { y, windows } = await model.run(inputsFor(graph));
  expect([y?.length, windows?.length]).toEqual([2 * 144 * 10, 2 * 144 * 27]);
});
