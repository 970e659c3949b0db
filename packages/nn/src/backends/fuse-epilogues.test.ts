import { expect, it } from "vitest";
import { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { activate } from "../operations/activation/operation.ts";
import { add, multiply } from "../operations/combine/operation.ts";
import { linear } from "../operations/linear/operation.ts";
import type { Operation } from "../operations/operation.ts";
import { parameter } from "../testing/draw.ts";
import { fuseEpilogues } from "./fuse-epilogues.ts";

const weight = parameter([4, 4], 1);

function fused(make: (x: Value, graph: Graph) => Value): string[] {
  const graph = new Graph();
  const x = graph.input("x", { vectors: 3, features: 4 });
  const y = make(x, graph);
  graph.output("y", y);
  const operations = fuseEpilogues(graph);
  expect(operations.at(-1)?.output).toBe(y);
  return operations.map(describe);
}

function describe(operation: Operation): string {
  if (operation.kind !== "linear") return operation.kind;
  const { activation, multiplier, addend } = operation;
  const parts = [activation?.kind, multiplier && "multiplier", addend && "addend"];
  return ["linear", ...parts.filter((part) => part !== undefined)].join(" ");
}

it("takes an activation, a product and a sum into the multiplication before them", () => {
  expect(fused((x) => activate(linear(x, weight), { kind: "silu" }))).toEqual(["linear silu"]);
  expect(fused((x) => add(x, linear(x, weight)))).toEqual(["linear addend"]);
  // SwiGLU with its residual: three multiplications and nothing else.
  expect(
    fused((x) => {
      const gate = activate(linear(x, weight), { kind: "silu" });
      return add(x, linear(multiply(gate, linear(x, weight)), weight));
    }),
  ).toEqual(["linear", "linear silu multiplier", "linear addend"]);
});

it("leaves what something else needs", () => {
  expect(
    fused((x, graph) => {
      const y = linear(x, weight);
      graph.output("too", y);
      return activate(y, { kind: "relu" });
    }),
  ).toEqual(["linear", "activation"]);
  expect(
    fused((x) => {
      const y = linear(x, weight);
      return add(y, activate(y, { kind: "relu" }));
    }),
  ).toEqual(["linear", "activation", "combine"]);
  expect(
    fused((x) => {
      const y = linear(x, weight);
      return multiply(y, y);
    }),
  ).toEqual(["linear", "combine"]);
});

it("takes a residual into the first of two multiplications that are added", () => {
  expect(fused((x) => add(x, add(linear(x, weight), linear(x, weight))))).toEqual([
    "linear addend",
    "linear addend",
  ]);
  expect(fused((x) => add(add(linear(x, weight), linear(x, weight)), x))).toEqual([
    "linear addend",
    "linear addend",
  ]);
  // What the first one adds is there before it, though it is computed after it in the graph.
  expect(
    fused((x) => {
      const sum = add(linear(x, weight), linear(x, weight));
      return add(sum, activate(x, { kind: "relu" }));
    }),
  ).toEqual(["activation", "linear addend", "linear addend"]);
  expect(
    fused((x, graph) => {
      const first = linear(x, weight);
      graph.output("too", first);
      return add(x, add(linear(x, weight), first));
    }),
  ).toEqual(["linear", "linear addend", "combine"]);
});

it("keeps the order in which an epilogue computes", () => {
  expect(fused((x) => activate(add(x, linear(x, weight)), { kind: "relu" }))).toEqual([
    "linear addend",
    "activation",
  ]);
  expect(fused((x) => multiply(add(x, linear(x, weight)), x))).toEqual([
    "linear addend",
    "combine",
  ]);
  expect(fused((x) => activate(multiply(linear(x, weight), x), { kind: "relu" }))).toEqual([
    "linear multiplier",
    "activation",
  ]);
  // Of two multiplications that are added, one takes the other, which is there before it.
  expect(fused((x) => add(linear(x, weight), linear(x, weight)))).toEqual([
    "linear",
    "linear addend",
  ]);
});
