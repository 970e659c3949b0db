import { expect, it } from "vitest";
import { CpuModel } from "../../backends/cpu/cpu-model.ts";
import { Graph } from "../../graph/graph.ts";
import { attention } from "./operation.ts";

it("gives zeros for queries that see no key", () => {
  const graph = new Graph();
  const [q, k, v] = (["q", "k", "v"] as const).map((name) =>
    graph.input(name, { vectors: name === "q" ? 4 : 2, features: 1 }),
  ) as [never, never, never];
  // The last query sees all keys, the one before it one less, and the first two would see less than none.
  const options = { sequences: 1, heads: 1, keyValueHeads: 1, causal: true };
  graph.output("y", attention(q, k, v, options));
  const ones = Float32Array.of(1, 1, 1, 1);
  const { y } = new CpuModel(graph).runNow({
    q: ones,
    k: ones.subarray(2),
    v: Float32Array.of(2, 4),
  });
  expect([...(y ?? [])]).toEqual([0, 0, 2, 3]);
});
