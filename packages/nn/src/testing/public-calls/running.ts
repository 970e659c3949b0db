import { Chain } from "@papilio/butterfly";
import { call, create, invoke, type PublicCalls } from "@papilio/public-arguments";
import * as nn from "../every-entry.ts";
import { smallGraph } from "./graph.ts";
import { smallLlama } from "./models.ts";

const inputs = (): nn.RunInputs => ({ x: new Float32Array(16) });

const work = {
  products: [
    { chain: Chain.squareDyadic(4), batch: 8, dtype: "f32", layout: "batch-last", parts: 1 },
  ],
  besides: { operations: 1, flops: 10 },
} as const;

const machine = {
  adapter: { name: "SwiftShader", kind: "software" },
  rates: { copyBytesPerSecond: 1e9, flopsPerSecond: 1e9, dispatchSeconds: 1e-5 },
  threads: 2,
} as const;

/** A model with a dense layer that is a part of it. */
const small = (): nn.Sequential =>
  new nn.Sequential([new nn.Linear({ inFeatures: 4, outFeatures: 4 })]);

/** Graphs that run, here on the CPU. */
export const runningCalls: PublicCalls = {
  CpuModel: () =>
    create(nn.CpuModel, smallGraph(), {
      precision: "float32",
      kernels: "reference",
      states: new nn.CpuStates(),
    }),
  "CpuModel#run": () => invoke(new nn.CpuModel(smallGraph()), "run", inputs()),
  "CpuModel#inputMemory": () => invoke(new nn.CpuModel(smallGraph()), "inputMemory", "x"),
  "CpuModel#runNow": () => invoke(new nn.CpuModel(smallGraph()), "runNow", inputs()),
  "CpuModel#runInSlices": () =>
    invoke(new nn.CpuModel(smallGraph()), "runInSlices", inputs(), new AbortController().signal),
  "CpuModel#profile": () => invoke(new nn.CpuModel(smallGraph(), { kernels: "wasm" }), "profile"),
  "CpuModel#renewParameters": () => invoke(new nn.CpuModel(smallGraph()), "renewParameters"),
  CpuWeightStore: () => create(nn.CpuWeightStore, { dtype: "f16" }),
  "CpuStates#of": () => invoke(new nn.CpuStates(), "of", "keys", () => new Float32Array(2)),
  compileGraph: () =>
    call(nn.compileGraph, smallGraph(), { gpu: undefined, dtype: "f32", layout: "batch-last" }),
  placeOfGraph: () =>
    call(nn.placeOfGraph, smallGraph(), { gpu: undefined, dtype: "f32", layout: "batch-last" }),
  workOf: () => call(nn.workOf, smallGraph(), { dtype: "f32", layout: "batch-last" }),
  choosePlace: () => call(nn.choosePlace, work, machine, { cpu: 1, gpu: 2 }),
  exportOnnx: () => call(nn.exportOnnx, smallGraph(), { name: "small" }),
  encodeOnnx: () =>
    call(nn.encodeOnnx, {
      name: "small",
      nodes: [
        {
          op: "Gemm",
          name: "one",
          inputs: ["x", "w"],
          outputs: ["y"],
          attributes: { alpha: { float: 1 }, transB: 1 },
        },
      ],
      initializers: [{ name: "w", shape: [1, 1], type: "float32", data: new Uint8Array(4) }],
      inputs: [{ name: "x", shape: [1, 1], type: "float32" }],
      outputs: [{ name: "y", shape: [1, 1], type: "float32" }],
    }),
  butterflyize: () => {
    const model = small();
    const graph = new nn.Graph();
    const x = graph.input("x", { vectors: 4, features: 4 });
    graph.output("y", model.forward(x));
    return call(nn.butterflyize, model, {
      layers: /./,
      chain: "monarch",
      maxError: 1,
      maxParameters: 1,
      calibration: { graph, inputs: { x: Float32Array.from({ length: 16 }, (_, i) => i % 5) } },
      signal: new AbortController().signal,
      onLayer: () => undefined,
    });
  },
  initializeFrom: () =>
    call(nn.initializeFrom, small(), small(), { signal: new AbortController().signal }),
  rotateLayers: () => call(nn.rotateLayers, small(), { layers: /./ }),
  inputMoments: () => {
    const model = small();
    const graph = new nn.Graph();
    graph.output("y", model.forward(graph.input("x", { vectors: 4, features: 4 })));
    const inputs = [{ x: Float32Array.from({ length: 16 }, (_, i) => i % 5) }];
    return call(nn.inputMoments, model, [{ graph, inputs }], {
      outputs: true,
      signal: new AbortController().signal,
      onRun: () => undefined,
    });
  },
  "TextGenerator.create": () =>
    invoke(nn.TextGenerator, "create", smallLlama(), {
      gpu: undefined,
      context: 4,
      chunk: 2,
      dtype: "f32",
      layout: "batch-last",
    }),
  "TextGenerator.onCpu": () =>
    invoke(nn.TextGenerator, "onCpu", smallLlama(), { context: 4, chunk: 2, kernels: "reference" }),
  "BatchGenerator.create": () =>
    invoke(nn.BatchGenerator, "create", smallLlama(), {
      gpu: undefined,
      context: 4,
      chunk: 2,
      maxSequences: 2,
      cacheBudget: 1e6,
      dtype: "f32",
      layout: "batch-last",
    }),
  "BatchGenerator.onCpu": () =>
    invoke(nn.BatchGenerator, "onCpu", smallLlama(), {
      context: 4,
      chunk: 2,
      maxSequences: 2,
      cacheBudget: 1e6,
      kernels: "reference",
    }),
  "BatchGenerator#submit": () =>
    invoke(
      nn.BatchGenerator.onCpu(smallLlama(), { context: 4, kernels: "reference" }),
      "submit",
      [1],
      {
        maxTokens: 2,
        stopTokens: [9],
        logprobs: 2,
        signal: new AbortController().signal,
        temperature: 0.5,
        topK: 2,
        topP: 0.9,
        seed: 1,
      },
    ),
  "TextGenerator#generate": () =>
    invoke(
      nn.TextGenerator.onCpu(smallLlama(), { context: 4, kernels: "reference" }),
      "generate",
      [1],
      {
        maxTokens: 2,
        stopTokens: [9],
        signal: new AbortController().signal,
        temperature: 0.5,
        topK: 2,
        topP: 0.9,
        seed: 1,
      },
    ),
};
