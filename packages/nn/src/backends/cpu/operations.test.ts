import { describe, expect, it } from "vitest";
import { Graph } from "../../graph/graph.ts";
import { linear } from "../../operations/linear/operation.ts";
import { difference, inputsFor, parameter } from "../../testing/draw.ts";
import { FEATURES } from "../../testing/operation-case.ts";
import { OPERATION_CASES, OPERATIONS_ON_VECTORS } from "../../testing/operation-cases.ts";
import { solveCase } from "../../testing/solve-case.ts";
import { TRAINING_CASES, TRAINING_ON_VECTORS } from "../../testing/training-cases.ts";
import { CpuModel } from "./cpu-model.ts";

const FLOAT32_EPSILON = 2 ** -23;

describe.each(Object.entries({ ...OPERATION_CASES, ...TRAINING_CASES }))(
  "%s by the kernels of the CPU",
  (kind, cases) => {
    it.each(Object.entries(cases))("%s", async (_, one) => {
      const { terms, size = 1 } = one;
      const { graph, inputs, expected } = solveCase(kind, one);
      using model = new CpuModel(graph, { kernels: "wasm" });
      const { y } = await model.run(inputs);
      const { error, magnitude } = difference(y as Float32Array, expected as Float64Array);
      expect(error).toBeLessThanOrEqual(terms * FLOAT32_EPSILON * Math.max(size, magnitude));
    });
  },
);

const kinds = Object.entries({ ...OPERATIONS_ON_VECTORS, ...TRAINING_ON_VECTORS }).flatMap(
  ([kind, cases]) => cases.map((make, index) => ({ name: `${kind} ${index + 1}`, make })),
);

/** Vectors that fill tiles of each width or not, operations alone or between others. */
const SETTINGS = [
  { vectors: 1, inside: true },
  { vectors: 5, inside: false },
  { vectors: 12, inside: true },
  { vectors: 18, inside: false },
  { vectors: 35, inside: true },
] as const;

describe.each(SETTINGS)("$vectors vectors, inside: $inside", ({ vectors, inside }) => {
  it.for(kinds)("$name gives the answer in float64, run after run", async ({ make }) => {
    const graph = new Graph();
    const input = graph.input("x", { vectors, features: FEATURES });
    const y = make(inside ? linear(input, parameter([FEATURES, FEATURES], 11)) : input);
    graph.output("y", inside ? linear(y, parameter([5, y.features], 12)) : y);
    const inputs = inputsFor(graph);
    const expected = new CpuModel(graph, { precision: "float64" }).runNow(inputs);
    using model = new CpuModel(graph, { kernels: "wasm" });
    const first = await model.run(inputs);
    const { error, magnitude } = difference(first.y as Float32Array, expected.y as Float64Array);
    // Few operations with sums of few numbers of about 1, each rounded a few times.
    expect(error).toBeLessThanOrEqual(100 * FLOAT32_EPSILON * Math.max(1, magnitude));
    expect((await model.run(inputs)).y).toEqual(first.y);
  });
});
