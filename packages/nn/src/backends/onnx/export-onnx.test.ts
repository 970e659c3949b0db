import { Chain } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import { Graph } from "../../graph/graph.ts";
import type { Value } from "../../graph/value.ts";
import { Gpt2 } from "../../models/gpt2.ts";
import { GCN } from "../../models/node-classifiers.ts";
import { VIT_S16_BUTTERFLY, vitS16 } from "../../models/presets.ts";
import { Parameter } from "../../modules/parameter.ts";
import * as f from "../../operations/index.ts";
import type { Matrix } from "../../operations/linear/matrix.ts";
import { squaredError } from "../../operations/squared-error/operation.ts";
import { difference, numbers, parameter, sparse } from "../../testing/draw.ts";
import { OnnxRun } from "../../testing/run-onnx.ts";
import { CpuModel } from "../cpu/cpu-model.ts";
import { exportOnnx, onnxGraphOf } from "./export-onnx.ts";
import type { OnnxGraph } from "./onnx-model.ts";

function sizeOf({ shape }: OnnxGraph["initializers"][number]): number {
  return shape.reduce((product, size) => product * size, 1);
}

describe("Kronecker-sparse factors in ONNX", () => {
  /** Operators of a product, Reshape left out. */
  const operators = (text: string, vectors: number): string[] => {
    const chain = Chain.parse(text);
    const factors = chain.patterns.map(({ a, b, c, d }) => parameter([a, b, c, d], 1));
    const graph = new Graph();
    const x = graph.input("x", { vectors, features: chain.cols });
    graph.output("y", f.linear(x, { chain, factors }));
    const nodes = onnxGraphOf(graph).nodes.filter(({ op }) => op !== "Reshape");
    return nodes.map(({ op, attributes }) => (op === "Transpose" ? `${attributes?.perm}` : op));
  };

  it.each<[string, number, string[]]>([
    ["1,6,8,1", 5, ["Gemm"]],
    ["4,6,8,1", 5, ["1,0,2", "MatMul", "1,0,2"]],
    ["1,6,8,4", 5, ["1,0", "MatMul", "1,0"]],
    ["3,6,8,4", 5, ["1,3,0,2", "MatMul", "2,0,3,1"]],
    // The blocks of one vector are side by side already.
    ["4,6,8,1", 1, ["MatMul"]],
    ["1,6,8,4", 1, ["1,0", "MatMul", "1,0"]],
    // One transposition between two factors.
    ["1,6,8,4;4,8,6,1", 5, ["1,0,2", "MatMul", "3,1,0,2", "MatMul", "1,0"]],
    ["1,6,8,1;1,8,5,1", 5, ["Gemm", "Gemm"]],
  ])("move what they must: %s for %i vectors", (text, vectors, expected) => {
    expect(operators(text, vectors)).toEqual(expected);
  });

  it("stay as small as they are", () => {
    const model = vitS16({ linear: VIT_S16_BUTTERFLY });
    const { initializers } = onnxGraphOf(model.trace({ images: 1 }));
    const floats = initializers.filter(({ type, shape }) => type === "float32" && shape.length > 0);
    const count = floats.reduce((sum, initializer) => sum + sizeOf(initializer), 0);
    expect(count).toBe(model.parameterCount);
  });
});

describe("what several operations use is in the file once", () => {
  it("an embedding that is the head too", () => {
    const model = new Gpt2({ vocabulary: 50, features: 8, layers: 1, heads: 2, positions: 10 });
    const { initializers } = onnxGraphOf(model.traceStep({ tokens: 1, context: 10 }));
    expect(initializers.filter((initializer) => sizeOf(initializer) === 50 * 8)).toHaveLength(1);
  });

  it("a graph that messages are passed over in every layer", () => {
    const edges = sparse([30, 30], 9, 1, false);
    const model = new GCN({ inFeatures: 4, hidden: 4, classes: 4, layers: 3 });
    const { initializers } = onnxGraphOf(model.trace({ adjacency: edges }));
    const lists = initializers.filter(
      ({ type, shape }) => type === "int64" && sizeOf({ shape } as never) > 30,
    );
    // Columns and rows of the non-zeros.
    expect(lists).toHaveLength(2);
  });
});

describe("inputs and outputs in ONNX", () => {
  it("are the graph's, and its states", () => {
    const model = new Gpt2({ vocabulary: 50, features: 8, layers: 1, heads: 2, positions: 10 });
    const { name, inputs, outputs } = onnxGraphOf(model.traceStep({ tokens: 2, context: 10 }), {
      name: "step",
    });
    expect(name).toBe("step");
    const text = (tensors: OnnxGraph["inputs"]): string[] =>
      tensors.map((tensor) => `${tensor.name} ${tensor.type} [${tensor.shape}]`);
    expect(text(inputs)).toEqual([
      "ids int64 [2]",
      "position int64 [1]",
      "last int64 [1]",
      "past.layers.0.keys float32 [10,8]",
      "past.layers.0.values float32 [10,8]",
    ]);
    expect(text(outputs)).toEqual([
      "logits float32 [1,50]",
      "present.layers.0.keys float32 [10,8]",
      "present.layers.0.values float32 [10,8]",
    ]);
  });

  it("may be the same value, an input, or a state", async () => {
    const graph = new Graph();
    const x = graph.input("x", { vectors: 2, features: 3 });
    const untouched = graph.state("untouched", { vectors: 1, features: 1 });
    const y = f.activate(x, { kind: "relu" });
    graph.output("first", y);
    graph.output("second", y);
    graph.output("input", x);
    graph.output("state", untouched);
    const given = Float32Array.of(1, -2, 3, -4, 5, -6);
    await using run = await OnnxRun.of(graph);
    const results = await run.run({ x: given });
    const positive = Float32Array.of(1, 0, 3, 0, 5, 0);
    expect(results).toEqual({
      first: positive,
      second: positive,
      input: given,
      state: Float32Array.of(0),
    });
    expect(run.state("untouched")).toEqual(Float32Array.of(0));
  });

  it("follow what is written into a state twice, as on the CPU", async () => {
    const graph = new Graph();
    const [x, z] = ["x", "z"].map((name) => graph.input(name, { vectors: 1, features: 2 })) as [
      Value,
      Value,
    ];
    const kept = graph.state("kept", { vectors: 3, features: 2 });
    const before = f.add(kept, kept);
    const first = f.append(x, kept, graph.fixed("one", Uint32Array.of(1)));
    f.append(z, kept, graph.fixed("two", Uint32Array.of(2)));
    graph.output("before", before);
    graph.output("first", first);
    graph.output("sum", f.add(first, kept));
    await using run = await OnnxRun.of(graph);
    const cpu = new CpuModel(graph);
    for (let step = 0; step < 2; step++) {
      const inputs = { x: numbers(2, 1 + step), z: numbers(2, 3 + step) };
      expect(await run.run(inputs)).toEqual(cpu.runNow(inputs));
    }
    expect(run.state("kept").subarray(2)).not.toContain(0);
  });

  it("must have different names", () => {
    const graph = new Graph();
    graph.output("x", f.softmax(graph.input("x", { vectors: 1, features: 2 })));
    expect(() => exportOnnx(graph)).toThrow(expect.objectContaining({ code: "ONNX_NAME" }));
    const other = new Graph();
    const state = other.state("x", { vectors: 1, features: 2 });
    other.output("y", f.add(other.input("past.x", { vectors: 1, features: 2 }), state));
    expect(() => exportOnnx(other)).toThrow(
      expect.objectContaining({ code: "ONNX_NAME", message: expect.stringContaining("past.x") }),
    );
  });

  it("have names that no node takes", async () => {
    const graph = new Graph();
    const x = graph.input("Softmax", { vectors: 1, features: 2 });
    graph.output("constant", f.softmax(f.activate(x, { kind: "relu", upper: 1 })));
    await using run = await OnnxRun.of(graph);
    const results = await run.run({ Softmax: Float32Array.of(2, 1) });
    expect(results).toEqual({ constant: Float32Array.of(0.5, 0.5) });
  });
});

it("refuses models that are too large before their weights are made", () => {
  const never = (): never => {
    throw new Error("They were made.");
  };
  const chain = Chain.parse("1,32768,16384,1");
  const matrix: Matrix = { chain, factors: [new Parameter([1, 32768, 16384, 1], never)] };
  const graph = new Graph();
  graph.output("y", f.linear(graph.input("x", { vectors: 1, features: 16384 }), matrix));
  expect(() => exportOnnx(graph)).toThrow(expect.objectContaining({ code: "ONNX_SIZE" }));
});

it("exports a layer of ViT-S/16 with butterflies, which ONNX Runtime computes as the CPU does", async () => {
  const graph = vitS16({ linear: VIT_S16_BUTTERFLY, layers: 1, seed: 1 }).trace({ images: 1 });
  const inputs = { images: numbers(3 * 224 * 224, 2) };
  const expected = new CpuModel(graph).runNow(inputs);
  await using onnx = await OnnxRun.of(graph);
  const { logits } = await onnx.run(inputs);
  const { error, magnitude } = difference(logits as Float32Array, expected.logits as Float32Array);
  // The last layer sums 384 products, whose factors come out of a normalization.
  expect(error).toBeLessThanOrEqual(384 * 2 ** -23 * magnitude);
}, 120_000);

it("refuses a graph that trains a model", () => {
  const graph = new Graph();
  const x = graph.input("x", { vectors: 2, features: 3 });
  graph.output("y", squaredError(x, x, "head"));
  expect(() => exportOnnx(graph)).toThrow(
    expect.objectContaining({
      code: "ONNX_TRAINING",
      message: expect.stringContaining("squared-error of head"),
    }),
  );
});
