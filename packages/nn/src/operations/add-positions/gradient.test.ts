import { expect, it } from "vitest";
import { Graph } from "../../graph/graph.ts";
import { parameter } from "../../testing/operation-case.ts";
import { gradient } from "../../training/gradient.ts";
import { addPositions } from "./operation.ts";

it("a table has no gradient where a run is given the position; vectors have", () => {
  const graph = new Graph();
  const x = graph.input("x", { vectors: 2, features: 3 });
  const seed = graph.input("seed", x);
  const table = parameter(5, 3);
  const y = addPositions(x, table, { period: 2, position: graph.indices("position", 1) });
  expect(gradient(graph, y, [x], { seed })).toEqual([seed]);
  expect(() => gradient(graph, y, [table], { seed })).toThrow(
    expect.objectContaining({ code: "GRADIENT_UNAVAILABLE" }),
  );
});
