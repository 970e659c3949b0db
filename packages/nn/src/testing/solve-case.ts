import type { FloatArray } from "@papilio/butterfly";
import { expect } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import type { RunInputs } from "../graph/executable.ts";
import { Graph } from "../graph/graph.ts";
import { numbers } from "./draw.ts";
import type { OperationCase } from "./operation-case.ts";

/** The graph of a case, numbers for its inputs, and its result in float64. */
export function solveCase(
  kind: string,
  { make, indices = {} }: OperationCase,
): { readonly graph: Graph; readonly inputs: RunInputs; readonly expected: FloatArray } {
  const graph = new Graph();
  graph.output("y", make(graph));
  expect(graph.operations.at(-1)?.kind).toBe(kind);
  const inputs = Object.fromEntries(
    [...graph.inputs].map(([name, input], index) => [
      name,
      "length" in input
        ? Uint32Array.from(indices[name] as readonly number[])
        : numbers(input.vectors * input.features, index),
    ]),
  );
  const { y } = new CpuModel(graph, { precision: "float64" }).runNow(inputs);
  return { graph, inputs, expected: y as FloatArray };
}
