import { Chain, Pattern } from "@papilio/butterfly";
import { call, create, invoke, type PublicCalls } from "@papilio/public-arguments";
import type * as tuning from "../tuning/index.ts";
import { runtime } from "./every-entry.ts";

const storage = { from: "batch-first", to: "batch-last", dtype: "f32" } as const;
const batches = { from: 4, to: 4 };
const windows = {
  ...storage,
  batches: { from: 16, to: 4 },
  images: 1,
  channels: 2,
  height: 4,
  width: 4,
  kernel: [2, 2],
  stride: [2, 2],
  padding: [0, 0],
} as const;
const shape = { batch: 4, layout: "batch-first", dtype: "f32" } as const;
const pattern = new Pattern(2, 2, 2, 2);
const chain = Chain.squareDyadic(8);
const report = runtime.typicalReport({ name: "none", kind: "hardware" });
const problem = {
  ...shape,
  pattern,
  sharing: { a: false, d: false },
  bias: true,
  epilogue: { activation: { kind: "relu", upper: 6 }, multiply: true, add: true },
} as const;
const variant = {
  kind: "workgroup",
  tileM: 16,
  tileN: 32,
  tileK: 16,
  threadM: 2,
  threadN: 4,
  neighbours: 1,
} as const;
const integers = { pattern, batch: 4, layout: "batch-last" } as const;
const bipolar = { pattern, batch: 4, layout: "batch-last", dtype: "f32" } as const;
const onMatrixUnits = {
  kind: "matrix",
  unitM: 8,
  unitN: 8,
  unitK: 8,
  subgroup: 8,
  productsM: 1,
  productsN: 1,
  productsK: 1,
  subgroupsM: 1,
  subgroupsN: 1,
  neighbours: 1,
} as const;
const attentionOnMatrixUnits = {
  kind: "matrix",
  unitM: 8,
  unitN: 8,
  unitK: 8,
  subgroup: 8,
  subgroups: 1,
  keys: 16,
} as const;
const plan = { layout: "batch-last", stages: [{ from: 0, to: 3, how: "fuse" }] } as const;
const vectors = { batch: 4, layout: "batch-first" } as const;
const largest = { ...storage, batches, nodes: 4, sources: 4, features: 8, weighted: true } as const;
export const attention = {
  sequences: 1,
  queries: 4,
  keys: 4,
  heads: 2,
  keyValueHeads: 1,
  headFeatures: 4,
  scale: 1,
  causal: true,
  dtype: "f32",
  q: vectors,
  k: vectors,
  v: vectors,
  y: vectors,
  position: true,
  lengths: true,
} as const;
const normalized = { ...storage, batch: 4, features: 8 };
const lanes = { columns: 1, slices: 4, width: 1 };
const key = {
  adapter: "none",
  vendor: "",
  architecture: "",
  driver: "",
  capabilities: "",
  runtime: "",
  version: "",
  what: "nothing",
};
const cache = new runtime.MemoryTuningCache();
const scratch = runtime.scratchVectors({ ...shape, features: 8 }, "x");

/** A report with its limits and features, which are looked at as a whole. */
const reports = (): object => Object.create(report) as object;

/** Valid calls of the functions that need no device. */
export const calls: PublicCalls = {
  addPositionsKernel: () =>
    call(runtime.addPositionsKernel, {
      ...storage,
      batches,
      count: 4,
      features: 8,
      period: 4,
      prepend: true,
      tableRows: 8,
      position: true,
    }),
  aggregateKernel: () =>
    call(runtime.aggregateKernel, {
      ...storage,
      batches,
      nodes: 4,
      sources: 4,
      features: 8,
      reduce: "mean",
      weighted: true,
    }),
  aggregateHeadsKernel: () =>
    call(runtime.aggregateHeadsKernel, {
      ...storage,
      batches,
      nodes: 4,
      sources: 4,
      heads: 2,
      headFeatures: 4,
      weights: { ...vectors, features: 4 },
    }),
  aggregateLargestKernel: () => call(runtime.aggregateLargestKernel, largest),
  largestNeighbourKernel: () => call(runtime.largestNeighbourKernel, largest),
  appendVectorsKernel: () =>
    call(runtime.appendVectorsKernel, { ...storage, batch: 4, features: 8, vectors: 16 }),
  attentionKernel: () =>
    call(
      runtime.attentionKernel,
      { ...attention },
      { kind: "keys", queries: 1, keys: 1, workgroup: 8 },
    ),
  "attentionKernel, in registers": () =>
    call(runtime.attentionKernel, attention, {
      kind: "register",
      queries: 1,
      keys: 8,
      workgroup: 8,
      broadcast: "load",
    }),
  "attentionKernel, in a workgroup": () =>
    call(runtime.attentionKernel, attention, {
      kind: "workgroup",
      queryThreads: 4,
      queriesEach: 1,
      keyThreads: 4,
      keysEach: 1,
      unrolled: 1,
    }),
  "attentionKernel, on matrix units": () =>
    call(runtime.attentionKernel, { ...attention, dtype: "f16" }, attentionOnMatrixUnits),
  attentionName: () => call(runtime.attentionName, attentionOnMatrixUnits),
  attentionVariants: () => call(runtime.attentionVariants, reports(), attention),
  chooseAttention: () => call(runtime.chooseAttention, reports(), attention),
  fewBitsBytes: () => call(runtime.fewBitsBytes, pattern, "q4"),
  csrKernel: () => call(runtime.csrKernel, { ...shape, pattern }),
  edgeAttentionKernel: () =>
    call(runtime.edgeAttentionKernel, {
      ...storage,
      batches: { ...batches, sourceScores: 4, targetScores: 4 },
      nodes: 4,
      sources: 4,
      heads: 2,
      headFeatures: 4,
      negativeSlope: 0.2,
      scoreLayout: "batch-first",
    }),
  edgeAttentionGradientKernel: () =>
    call(runtime.edgeAttentionGradientKernel, {
      ...storage,
      batches: { ...batches, sourceScores: 4, targetScores: 4 },
      nodes: 4,
      sources: 4,
      heads: 2,
      headFeatures: 4,
      negativeSlope: 0.2,
      scoreLayout: "batch-first",
      dy: vectors,
    }),
  elementwiseKernel: () =>
    call(runtime.elementwiseKernel, {
      ...storage,
      batch: 4,
      features: 8,
      activation: { kind: "gelu", approximate: "tanh" },
      combine: { operation: "add", layout: "batch-first" },
    }),
  gatherFeaturesKernel: () =>
    call(runtime.gatherFeaturesKernel, { ...storage, batch: 4, rows: 8, cols: 8 }),
  gatherVectorsKernel: () =>
    call(runtime.gatherVectorsKernel, { ...storage, count: 4, rows: 8, batch: 4, features: 8 }),
  normalizationKernel: () =>
    call(
      runtime.normalizationKernel,
      reports(),
      { ...normalized, kind: "layer", epsilon: 1e-5, weight: true, bias: true },
      lanes,
    ),
  poolKernel: () => call(runtime.poolKernel, { ...windows, kind: "max" }),
  reduceVectorsKernel: () =>
    call(runtime.reduceVectorsKernel, {
      ...storage,
      batches,
      kind: "max",
      groups: 2,
      period: 2,
      features: 8,
      lengths: true,
    }),
  rotaryKernel: () =>
    call(runtime.rotaryKernel, {
      ...normalized,
      headFeatures: 4,
      style: "halves",
      period: 4,
      tableRows: 8,
      position: true,
      into: { vectors: 8 },
    }),
  softmaxKernel: () => call(runtime.softmaxKernel, reports(), { ...normalized, log: true }, lanes),
  foldKernel: () => call(runtime.foldKernel, { ...windows, dilation: [1, 1], source: "image" }),
  scatterVectorsKernel: () =>
    call(runtime.scatterVectorsKernel, { ...storage, batches, count: 4, rows: 4, features: 8 }),
  sortIndicesKernel: () => call(runtime.sortIndicesKernel, { count: 4 }),
  spreadVectorsKernel: () =>
    call(runtime.spreadVectorsKernel, {
      ...storage,
      batches,
      kind: "max",
      groups: 2,
      period: 2,
      features: 8,
      lengths: true,
      x: vectors,
    }),
  unfoldKernel: () => call(runtime.unfoldKernel, { ...windows, dilation: [1, 1], source: "image" }),
  chooseKroneckerSparse: () => call(runtime.chooseKroneckerSparse, reports(), problem),
  kroneckerSparseVariants: () => call(runtime.kroneckerSparseVariants, reports(), problem),
  kroneckerSparseKernel: () => call(runtime.kroneckerSparseKernel, problem, variant),
  "kroneckerSparseKernel, in registers": () =>
    call(runtime.kroneckerSparseKernel, problem, {
      kind: "register",
      lanes: "outputs",
      vector: 1,
      spans: 1,
      tile: 1,
      reduction: 1,
      broadcast: "load",
      workgroup: 8,
      coalescedStore: false,
    }),
  "kroneckerSparseKernel, of vectors": () =>
    call(runtime.kroneckerSparseKernel, problem, {
      kind: "vector",
      vector: 1,
      splitK: 2,
      groups: 2,
      tile: 1,
      reduceScope: "workgroup",
    }),
  kroneckerSparseName: () => call(runtime.kroneckerSparseName, variant),
  integerKroneckerSparseKernel: () =>
    call(runtime.integerKroneckerSparseKernel, integers, onMatrixUnits),
  integerKroneckerSparseVariants: () =>
    call(runtime.integerKroneckerSparseVariants, reports(), integers),
  packIntegerKroneckerSparse: () =>
    call(
      runtime.packIntegerKroneckerSparse,
      pattern,
      new Int8Array(pattern.nonZeros),
      onMatrixUnits,
    ),
  bipolarPlanesKernel: () => call(runtime.bipolarPlanesKernel, { ...bipolar, bits: 2 }),
  bipolarProductKernel: () =>
    call(runtime.bipolarProductKernel, { ...bipolar, weightBits: 2, vectorBits: 3 }),
  packKroneckerSparse: () =>
    call(runtime.packKroneckerSparse, pattern, new Float32Array(pattern.nonZeros), variant),

  typicalReport: () => call(runtime.typicalReport, { name: "none", kind: "hardware" }),
  Scratch: () => create(runtime.Scratch, 16, "x"),
  encode: () => call(runtime.encode, Float32Array.of(1), "f16", "It"),
  decode: () => call(runtime.decode, new ArrayBuffer(16), 2, "f16"),
  scratchVectors: () => call(runtime.scratchVectors, { ...shape, features: 8 }, "x"),
  transposition: () => call(runtime.transposition, scratch, { ...scratch, layout: "batch-last" }),
  factorByFactor: () => call(runtime.factorByFactor, chain, "batch-first"),
  planName: () => call(runtime.planName, plan),
  describePlan: () => call(runtime.describePlan, plan, chain, shape),
  planComplexChain: () => call(runtime.planComplexChain, reports(), chain, { ...vectors }),
  planChain: () => call(runtime.planChain, reports(), chain, shape, { allow: ["fuse"] }),
  rankPlans: () =>
    call(runtime.rankPlans, reports(), chain, shape, {
      rates: runtime.TYPICAL_RATES.hardware,
      allow: ["fuse"],
      operands: 1,
    }),
  "MemoryTuningCache#get": () => invoke(cache, "get", key),
  "MemoryTuningCache#set": () => invoke(cache, "set", key, {}),
  tune: () =>
    call(
      runtime.tune,
      Object.create({ report, assertReady: () => undefined }) as object,
      {
        what: "nothing",
        candidates: [{ name: "one", value: 1 }],
        open: () => ({ prepare, [Symbol.dispose]: () => undefined }),
      },
      {
        timeLimitSeconds: 1,
        signal: new AbortController().signal,
        onTrial: () => undefined,
        cache: new runtime.MemoryTuningCache(),
        onCacheError: () => undefined,
      },
    ),
};

function prepare(): Promise<tuning.PreparedCandidate> {
  return Promise.resolve({
    verify: () => Promise.resolve(undefined),
    sample: () => Promise.resolve(1),
    [Symbol.dispose]: () => undefined,
  });
}
