import { expect, it } from "vitest";
import { Graph } from "../../graph/graph.ts";
import { parameter } from "../../testing/operation-case.ts";
import { gradient } from "../../training/gradient.ts";
import { rotary } from "../rotary/operation.ts";
import { attention } from "./operation.ts";

const shape = { vectors: 1, features: 1 };
const unavailable = expect.objectContaining({ code: "GRADIENT_UNAVAILABLE" });

it("has no gradient with a cache, whose position a run gives", () => {
  const graph = new Graph();
  const x = graph.input("x", shape);
  const position = graph.indices("position", 1);
  const heads = { sequences: 1, heads: 1, keyValueHeads: 1, causal: true };
  const y = attention(x, x, x, { ...heads, position });
  expect(() => gradient(graph, y, [x])).toThrow(unavailable);
});

it("computes one pass for keys and values, and none that is not asked for", () => {
  const graph = new Graph();
  const q = graph.input("q", shape);
  const [k, v] = [graph.input("k", shape), graph.input("v", shape)];
  const y = attention(q, k, v, { sequences: 1, heads: 1, keyValueHeads: 1, causal: true });
  const kinds = (of: readonly (typeof q)[]): string[] => {
    const before = graph.operations.length;
    gradient(graph, y, of);
    return graph.operations.slice(before).map(({ kind }) => kind);
  };
  expect(kinds([q]).filter((kind) => kind === "attention-gradient")).toHaveLength(1);
  expect(kinds([k, v]).filter((kind) => kind === "attention-gradient")).toHaveLength(1);
  expect(kinds([q, v]).filter((kind) => kind === "attention-gradient")).toHaveLength(2);
});

it("has no gradient by the angles of a rotation", () => {
  const graph = new Graph();
  const x = graph.input("x", { vectors: 1, features: 2 });
  const [cosines, sines] = [parameter(1, 1), parameter(1, 1)];
  const y = rotary(x, { headFeatures: 2, style: "halves", cosines, sines, period: 1 });
  const seed = graph.input("seed", { vectors: 1, features: 2 });
  expect(() => gradient(graph, y, [cosines], { seed })).toThrow(unavailable);
});
