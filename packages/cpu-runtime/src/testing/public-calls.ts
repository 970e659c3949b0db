import {
  Butterfly,
  Chain,
  ComplexButterfly,
  compile,
  Pattern,
  PermutedButterfly,
} from "@papilio/butterfly";
import { call, create, invoke, type PublicCalls, shallow } from "@papilio/public-arguments";
import type { ChainPass, OpenCpu, OpenEngine, ProgramRecorder as Recorder } from "../kernels.ts";
import { runtime } from "./every-entry.ts";

const { ProgramRecorder } = runtime;
const place = runtime.cpu({ threads: 1 });
const chain = Chain.squareDyadic(4);
const matrix = Butterfly.random(chain, { seed: 1 });
const complex = ComplexButterfly.random(chain, { seed: 1 });
const shape = { batch: 1, layout: "batch-first" } as const;
const x = Float32Array.of(1, 2, 3, 4);
const z = { re: x, im: x };
const out = (): Float32Array => new Float32Array(4);
const { signal } = new AbortController();
const plan = { panel: 16, passes: [{ from: 0, to: 2, stages: [{ from: 0, to: 2 }] }] };
const packed = await compile(matrix, place);
const packedComplex = await compile(complex, place);

const cpu = (await runtime.openCpu(1)) as OpenCpu & OpenEngine;

const graph = { nodes: 3, sources: 4, edges: 5, features: 4, to: "tiles", parts: 1 } as const;
const { to: _, ...edges } = graph;
const windows = {
  ...{ images: 1, channels: 2, height: 4, width: 4, kernel: [2, 2], stride: [1, 1] },
  ...{ padding: [0, 0], dilation: [1, 1] },
};

const [pass] = runtime.chainPasses(chain) as [ChainPass];
const [conv] = runtime.chainPasses(Chain.parse("1,5,8,1")) as [ChainPass];
const [few] = runtime.chainPasses(Chain.parse("1,5,7,1")) as [ChainPass];

/** A program that returns its input. */
function copying(): Recorder {
  const recorder = new ProgramRecorder();
  recorder.output(recorder.input(3, 2));
  return recorder;
}

const attended = {
  ...{ sequences: 2, queries: 1, keys: 16, heads: 4, keyValueHeads: 2, headFeatures: 8 },
  ...{ scale: 0.5, causal: true, position: true, lengths: true },
};

const { position: _position, ...trained } = attended;

/** Valid calls of all public functions. */
export const calls: PublicCalls = {
  cpu: () => call(runtime.cpu, { threads: 1, dtype: "f64" }),
  "cpu, compile": () => call(compile, matrix, place, { plan }),
  "cpu#compileMatrix": () =>
    invoke(place, "compileMatrix", new PermutedButterfly(matrix), { plan }),
  "CpuMatrix#multiply": () => invoke(packed, "multiply", x, { ...shape }, { out: out(), signal }),
  "CpuMatrix#plan": () => invoke(packed, "plan", { ...shape }),
  "CpuMatrix#terms": () => invoke(packed, "terms", { ...shape }),
  "CpuMatrix#allocate": () => invoke(packed, "allocate", 4),
  "CpuMatrix#multiply, of complex vectors": () =>
    invoke(
      packedComplex,
      "multiply",
      { ...z },
      { ...shape },
      { out: { re: out(), im: out() }, signal },
    ),
  predictCpuSeconds: () =>
    call(runtime.predictCpuSeconds, chain, { ...shape }, { threads: 1, parts: 1 }),
  openCpu: () => call(runtime.openCpu, 1),
  ProgramRecorder: () => create(ProgramRecorder),
  "ProgramRecorder#value": () => invoke(new ProgramRecorder(), "value", 3, 2),
  "ProgramRecorder#input": () => invoke(new ProgramRecorder(), "input", 3, 2),
  "ProgramRecorder#kept": () => {
    const span = { address: 64, bytes: 1024 };
    return invoke(new ProgramRecorder(), "kept", 3, 2, "tiles", span);
  },
  "ProgramRecorder#output": () => {
    const recorder = new ProgramRecorder();
    return shallow(invoke(recorder, "output", recorder.input(3, 2)));
  },
  "ProgramRecorder#add": () => {
    const recorder = new ProgramRecorder();
    const operands = [recorder.value(3, 2), recorder.input(3, 2)];
    const kernel = runtime.rowsFromTiles({ vectors: 3, features: 2 });
    return shallow(invoke(recorder, "add", kernel, operands, "rewrite"));
  },
  KeptVectors: () =>
    shallow(create(runtime.KeptVectors, cpu.engine, { vectors: 3, features: 2, layout: "tiles" })),
  "KeptVectors#write": () => {
    const kept = new runtime.KeptVectors(cpu.engine, { vectors: 3, features: 2, layout: "rows" });
    return invoke(kept, "write", new Float32Array(6));
  },
  inputBits: () => call(runtime.inputBits, "q4"),
  bitsOf: () => call(runtime.bitsOf, "q4"),
  chainPasses: () => call(runtime.chainPasses, chain, "f16", { merges: false }),
  pack: () => shallow(call(runtime.pack, { weights: pass.weights, stage: 0, transposed: true }), 2),
  passValues: () => shallow(call(runtime.passValues, matrix, pass)),
  packWeights: () => {
    const { bytes } = pass.weights;
    const span = { address: cpu.engine.memory.allocate(bytes, "a test"), bytes };
    const values = runtime.passValues(matrix, pass);
    return shallow(call(runtime.packWeights, cpu.engine, pass.weights, values, span));
  },
  product: () =>
    shallow(
      call(runtime.product, {
        ...{ vectors: 3, weights: pass.weights, bias: true, multiply: true, add: true },
        activation: { kind: "relu" },
      }),
      2,
    ),
  bipolarPlanes: () =>
    shallow(call(runtime.bipolarPlanes, { vectors: 3, pattern: pass.weights.pattern, bits: 2 }), 2),
  bipolarProduct: () =>
    shallow(
      call(runtime.bipolarProduct, {
        ...{ vectors: 3, pattern: pass.weights.pattern, weightBits: 2, vectorBits: 3 },
      }),
      2,
    ),
  convolution: () =>
    shallow(
      call(runtime.convolution, {
        ...{ ...windows, height: 30, width: 30, source: "pixels" },
        ...{ weights: conv.weights, bias: true, multiply: true, add: true },
        activation: { kind: "relu" },
      }),
      2,
    ),
  readsWindows: () => shallow(call(runtime.readsWindows, conv.weights, 900, 2)),
  readsRows: () => shallow(call(runtime.readsRows, pass.weights, 3)),
  rowsProduct: () =>
    shallow(
      call(runtime.rowsProduct, {
        ...{ vectors: 20, weights: few.weights, bias: true },
        activation: { kind: "relu" },
      }),
      2,
    ),
  stagesApart: () => shallow(call(runtime.stagesApart, pass.weights, 3)),
  "CpuProgram.record": () => shallow(call(runtime.CpuProgram.record, cpu, copying())),
  "CpuProgram#run": () => {
    const program = runtime.CpuProgram.record(cpu, copying());
    return invoke(program, "run", [new Float32Array(6)], { signal, before: () => undefined });
  },
  vectorsBytes: () => call(runtime.vectorsBytes, "tiles", 3, 2),
  addPositions: () =>
    call(runtime.addPositions, {
      ...{ vectors: 4, features: 2, period: 2, positions: 3, prepended: true, position: false },
    }),
  aggregate: () => call(runtime.aggregate, { ...graph, reduce: "sum", weighted: true }),
  aggregateHeads: () =>
    call(runtime.aggregateHeads, { ...graph, heads: 2, weightFeatures: 4, mostEdges: 2 }),
  aggregateLargest: () => call(runtime.aggregateLargest, { ...graph, weighted: true }),
  largestNeighbour: () => call(runtime.largestNeighbour, { ...edges, weighted: true }),
  edgeAttentionGradient: () =>
    call(runtime.edgeAttentionGradient, { ...edges, heads: 2, negativeSlope: 0.2, mostEdges: 2 }),
  edgeAttention: () =>
    call(runtime.edgeAttention, { ...graph, heads: 2, negativeSlope: 0.2, mostEdges: 2 }),
  gatherFeatures: () => call(runtime.gatherFeatures, { vectors: 3, from: 2, to: 5 }),
  gatherVectors: () =>
    call(runtime.gatherVectors, { vectors: 3, features: 2, rows: 5, source: "table" }),
  "gatherVectors, of packed weights": () => {
    const [{ weights }] = runtime.chainPasses(Chain.parse("1,5,2,1")) as [ChainPass];
    const problem = { vectors: 3, features: 2, rows: 5, source: weights };
    return shallow(call(runtime.gatherVectors, problem), 2);
  },
  normalize: () =>
    call(runtime.normalize, {
      ...{ vectors: 3, features: 2, norm: "layer", epsilon: 1e-5, weight: true, bias: false },
    }),
  pool: () => call(runtime.pool, { ...windows, pool: "max" }),
  reduceVectors: () =>
    call(runtime.reduceVectors, {
      ...{ sequences: 2, period: 3, features: 4, reduce: "mean", lengths: true },
    }),
  rowParts: () => call(runtime.rowParts, Uint32Array.of(0, 1, 3), 4, "rows"),
  sparseLinear: () =>
    call(runtime.sparseLinear, {
      ...{ vectors: 2, rows: 3, cols: 4, nonZeros: 5, weighted: false, parts: 1 },
    }),
  scatterVectors: () =>
    call(runtime.scatterVectors, { vectors: 3, features: 2, rows: 5, flat: true }),
  spreadVectors: () =>
    call(runtime.spreadVectors, {
      ...{ sequences: 2, period: 3, features: 4, reduce: "max", lengths: true },
    }),
  fold: () => call(runtime.fold, { ...windows, source: "pixels" }),
  unfold: () => call(runtime.unfold, { ...windows, source: "pixels" }),
  elementwise: () =>
    call(runtime.elementwise, {
      ...{ vectors: 3, features: 2, layout: "tiles", combine: "add" },
      activation: { kind: "elu", alpha: 1 },
    }),
  tilesFromRows: () => call(runtime.tilesFromRows, { vectors: 3, features: 2 }),
  rowsFromTiles: () => call(runtime.rowsFromTiles, { vectors: 3, features: 2 }),
  append: () => call(runtime.append, { vectors: 3, features: 2, stateVectors: 9 }),
  attention: () => call(runtime.attention, { ...attended, queries: 3 }),
  dividedAttention: () => call(runtime.dividedAttention, { ...attended }, 2),
  attentionParts: () => call(runtime.attentionParts, { ...attended }, 2),
  attentionStatistics: () => call(runtime.attentionStatistics, { ...trained }),
  attentionQueriesGradient: () => call(runtime.attentionQueriesGradient, { ...trained }),
  attentionKeysGradient: () => call(runtime.attentionKeysGradient, { ...trained }),
  rotary: () =>
    call(runtime.rotary, {
      ...{ vectors: 6, features: 8, headFeatures: 4, style: "halves", positions: 9, period: 3 },
      position: true,
    }),
  update: () =>
    call(runtime.update, {
      ...{ length: 5, optimizer: "adamw", rate: 1, decay: 0.1, betas: [0.9, 0.99], epsilon: 1e-8 },
    }),
  stepSettings: () => call(runtime.stepSettings, { parts: 5, clip: 1 }),
  accumulate: () => call(runtime.accumulate, 5),
  sumOfSquares: () => call(runtime.sumOfSquares, 5),
  sumOfSquaresParts: () => call(runtime.sumOfSquaresParts, 5),
  factorGradient: () =>
    call(runtime.factorGradient, { vectors: 3, pattern: new Pattern(1, 2, 3, 1) }),
  factorGradientParts: () =>
    call(runtime.factorGradientParts, { vectors: 3, pattern: new Pattern(1, 2, 3, 1) }),
  activationGradient: () =>
    call(runtime.activationGradient, {
      ...{ vectors: 3, features: 2, layout: "rows" },
      activation: { kind: "elu", alpha: 1 },
    }),
  normalizeGradient: () =>
    call(runtime.normalizeGradient, {
      ...{ vectors: 3, features: 2, norm: "rms", epsilon: 1e-5, weight: true },
    }),
  normalizeParametersGradient: () =>
    call(runtime.normalizeParametersGradient, {
      ...{ vectors: 3, features: 2, norm: "layer", epsilon: 1e-5, bias: true },
    }),
  normalizeGradientParts: () => call(runtime.normalizeGradientParts, { vectors: 3, features: 2 }),
  softmaxGradient: () => call(runtime.softmaxGradient, { vectors: 3, features: 2, log: true }),
  crossEntropy: () =>
    call(runtime.crossEntropy, { vectors: 3, features: 2, smoothing: 0.1, ignored: 2 }),
  crossEntropyGradient: () =>
    call(runtime.crossEntropyGradient, { vectors: 3, features: 2, smoothing: 0.1, ignored: 2 }),
  labelWeights: () => call(runtime.labelWeights, { vectors: 3, classes: 2, ignored: 2 }),
  dropout: () => call(runtime.dropout, { vectors: 3, features: 2, rate: 0.5, stream: 1 }),
  squaredError: () => call(runtime.squaredError, { vectors: 3, features: 2 }),
  squaredErrorGradient: () => call(runtime.squaredErrorGradient, { vectors: 3, features: 2 }),
  distillation: () => call(runtime.distillation, { vectors: 3, features: 2, temperature: 2 }),
  distillationGradient: () =>
    call(runtime.distillationGradient, { vectors: 3, features: 2, temperature: 2 }),
  softmax: () => call(runtime.softmax, { vectors: 3, features: 2, log: false }),
};
