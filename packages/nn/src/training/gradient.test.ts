import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { Graph } from "../graph/graph.ts";
import * as f from "../operations/index.ts";
import { expectCentralDifferences, solveGradient } from "../testing/central-differences.ts";
import { difference } from "../testing/draw.ts";
import { GRADIENT_CASES } from "../testing/gradient-cases.ts";
import { parameter } from "../testing/operation-case.ts";
import { SPARSE_GRADIENT_CASES } from "../testing/sparse-gradient-cases.ts";
import { gradient } from "./gradient.ts";

const FLOAT32_EPSILON = 2 ** -23;

describe.each(Object.entries({ ...GRADIENT_CASES, ...SPARSE_GRADIENT_CASES }))(
  "the gradient of %s",
  (_, make) => {
    it("is that of central differences in float64", () => {
      const size = fc.integer({ min: 1, max: 6 });
      const property = fc.property(size, size, (vectors, features) =>
        expectCentralDifferences((graph) => make(graph, { vectors, features })),
      );
      void fc.assert(property, { numRuns: 6, seed: 19 });
    });

    it.each([1, 5, 18])("is the same by the CPU's kernels, of %d vectors", async (vectors) => {
      const shape = { vectors, features: 12 };
      const { graph, inputs, expected, terms } = solveGradient((graph) => make(graph, shape));
      using model = new CpuModel(graph, { kernels: "wasm" });
      const found = await model.run(inputs);
      for (const [name, right] of Object.entries(expected)) {
        const { error, magnitude } = difference(found[name] as Float32Array, right);
        expect(error).toBeLessThanOrEqual(terms * FLOAT32_EPSILON * Math.max(1, magnitude));
      }
    });
  },
);

describe("gradient", () => {
  const shape = { vectors: 1, features: 1 };

  it("is that of a single number unless a seed is given, and adds no output", () => {
    const graph = new Graph();
    const x = graph.input("x", shape);
    const [dx] = gradient(graph, f.multiply(x, f.multiply(x, x)), [x]);
    expect(graph.outputs.size).toBe(0);
    graph.output("dx", dx as typeof x);
    const { dx: found } = new CpuModel(graph).runNow({ x: Float32Array.of(3) });
    expect(found).toEqual(Float32Array.of(27));
  });

  it("is of what is between, and computes nothing that is not asked for", () => {
    const graph = new Graph();
    const [x, w] = [graph.input("x", shape), parameter(1)];
    const between = f.addVector(x, w);
    const y = f.multiply(f.softmax(f.activate(x, { kind: "tanh" })), between);
    const before = graph.operations.length;
    const [dy, dw] = gradient(graph, y, [between, w]);
    expect(dy?.features).toBe(1);
    expect(dw?.features).toBe(1);
    const added = graph.operations.slice(before).map(({ kind }) => kind);
    expect(added).toEqual(["gather-vectors", "combine", "reduce-vectors"]);
  });

  it("refuses what has none", () => {
    const graph = new Graph();
    const x = graph.input("x", { vectors: 2, features: 2 });
    const other = graph.input("other", shape);
    const code = (name: string): unknown => expect.objectContaining({ code: name });
    const slope = f.activate(other, { kind: "tanh" });
    const [ofSlope = other] = gradient(graph, slope, [other]);
    expect(() => gradient(graph, ofSlope, [other])).toThrow(code("GRADIENT_UNAVAILABLE"));
    expect(() => gradient(graph, x, [x])).toThrow(code("GRAPH_SHAPE"));
    expect(() => gradient(graph, x, [x], { seed: other })).toThrow(code("GRAPH_SHAPE"));
    expect(() => gradient(graph, other, [x])).toThrow(code("GRADIENT_INDEPENDENT"));
    expect(() => gradient(graph, other, [parameter(3)])).toThrow(code("GRADIENT_INDEPENDENT"));
    expect(() => gradient(new Graph(), other, [other])).toThrow(code("GRAPH_MIXED"));
    expect(() => gradient(graph, other, [7 as never])).toThrow(code("OPTION_INVALID"));
  });
});
