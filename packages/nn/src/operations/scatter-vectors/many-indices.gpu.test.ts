import { expect, it } from "vitest";
import { DeviceModel } from "../../backends/gpu/device-model.ts";
import { Graph } from "../../graph/graph.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { scatterVectors } from "./operation.ts";

it("sorts more fixed indices than a call takes arguments", async () => {
  const vectors = 200_000;
  const graph = new Graph();
  const x = graph.input("x", { vectors, features: 1 });
  const fixed = graph.fixed(
    "thirds",
    Uint32Array.from({ length: vectors }, (_, n) => n % 3),
  );
  graph.output("y", scatterVectors(x, fixed, { rows: 4 }));
  using gpu = await openTestGpu();
  using model = await DeviceModel.compile(gpu, graph);
  const { y } = await model.run({ x: new Float32Array(vectors).fill(1) });
  // Whole numbers are exact.
  expect([...(y as Float32Array)]).toEqual([66_667, 66_667, 66_666, 0]);
});
