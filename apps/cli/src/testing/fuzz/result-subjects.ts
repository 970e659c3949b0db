import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compareRuns } from "@papilio/bench/analysis";
import {
  type BenchResults,
  MODELS_SCHEMA,
  mergeResults,
  parseModelResults,
  parseResults,
  SCHEMA,
} from "@papilio/bench/results";
import { parseLayers } from "@papilio/bench/select";
import { openTuningCache } from "@papilio/gpu-runtime/node";
import { bytesOf, orRefused, type Subject, textOf } from "./subject.ts";

/** Files that the benchmark and the tuning write. */
export function resultSubjects(): Subject[] {
  return [
    {
      name: "results",
      seeds: [bytesOf([RUN, CASE, SKIP, END].map((one) => `${JSON.stringify(one)}\n`).join(""))],
      textual: true,
      read: (bytes) => {
        const results: BenchResults = parseResults(textOf(bytes));
        orRefused(() => mergeResults([results, results]));
        orRefused(() => compareRuns(results, results));
      },
    },
    {
      name: "model results",
      seeds: [bytesOf(JSON.stringify(MODEL))],
      textual: true,
      read: (bytes) => parseModelResults(textOf(bytes)),
    },
    {
      name: "layers",
      seeds: [bytesOf('{"layers":[{"name":"up","chain":"4,64,64,4","batch":196,"dtype":"f16"}]}')],
      textual: true,
      read: (bytes) => parseLayers(textOf(bytes)),
    },
    tuningCache(),
  ];
}

const KEY = {
  adapter: "a",
  vendor: "b",
  architecture: "c",
  driver: "d",
  capabilities: "{}",
  runtime: "",
  version: "1",
  what: "kronecker-sparse",
};

/** A cache whose one entry is the file. */
function tuningCache(): Subject {
  const directory = mkdtempSync(join(tmpdir(), "papilio-fuzz-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  const cache = openTuningCache({ directory, machine: "m" });
  let file: string | undefined;
  const entry = { machine: "m", key: KEY, value: { winner: "x", cutAfter: null } };
  return {
    name: "tuning cache",
    seeds: [bytesOf(JSON.stringify(entry))],
    textual: true,
    read: async (bytes) => {
      if (file === undefined) {
        await cache.set(KEY, entry.value);
        file = join(directory, readdirSync(directory)[0] as string);
      }
      writeFileSync(file, bytes);
      await cache.get(KEY);
    },
  };
}

const ENVIRONMENT = {
  date: "2026-01-01T00:00:00.000Z",
  command: "papilio bench",
  adapter: {
    name: "a",
    vendor: "b",
    architecture: "c",
    driver: "d",
    kind: "software",
    embedded: false,
    features: { f16: true, subgroups: { min: 4, max: 4 }, timestamps: true },
    limits: {
      maxBufferSize: 1e9,
      maxStorageBufferBindingSize: 1e9,
      maxComputeWorkgroupStorageSize: 32_768,
      maxComputeInvocationsPerWorkgroup: 256,
      maxComputeWorkgroupsPerDimension: 65_535,
    },
    passedOver: [],
  },
  platform: "linux x64",
  processors: "2 x x",
  versions: { node: "24" },
  revision: null,
  load: { average: 0.5, busy: null },
  cacheBytes: null,
  clockSteps: { device: 1e-9, wall: 1e-7 },
  rates: { copyBytesPerSecond: 1e10, flopsPerSecond: 1e11, dispatchSeconds: 1e-5 },
  energy: { reason: "none" },
};

const VERIFICATION = {
  ok: true,
  maxError: 1e-7,
  maxRatio: 0.1,
  worstIndex: 0,
  rmsRelative: 1e-8,
  nonFinite: 0,
};

const KEY_OF_CASE = { chain: "4,16,16,4", batch: 8, dtype: "f32", layout: "batch-last" };
const RUN = {
  record: "run",
  schema: SCHEMA,
  environment: ENVIRONMENT,
  options: { rounds: 3, minSample: 0.001, seed: 1, maxRunSeconds: null },
  implementations: [{ name: "bmm", description: "x", processor: "adapter" }],
};
const CASE = {
  record: "case",
  ...KEY_OF_CASE,
  verifiedVectors: 8,
  inputs: 2,
  seconds: 1.5,
  results: [
    {
      implementation: "bmm",
      status: "timed",
      verification: VERIFICATION,
      bytes: 1024,
      traffic: { multiply: 100, rewrite: 50 },
      timing: {
        coldSeconds: 0.5,
        repeats: 4,
        wall: [0.002, 0.0021],
        device: [0.001, 0.0011],
        multiply: [0.0005],
        rewrite: [0],
      },
      energy: null,
    },
    { implementation: "csr", status: "wrong", verification: VERIFICATION },
    { implementation: "dense", status: "skipped", reason: "x" },
  ],
};
const SKIP = { record: "skip", ...KEY_OF_CASE, batch: 16, cause: "budget", reason: "no time" };
const END = { record: "end", date: "2026-01-01T00:00:00.000Z" };

const MODEL = {
  schema: MODELS_SCHEMA,
  environment: ENVIRONMENT,
  options: { rounds: 3, minSample: 0.002, seed: 1 },
  model: "vit-s16",
  description: "x",
  unit: "images",
  units: 8,
  complete: true,
  variants: [
    {
      engine: "papilio",
      processor: "adapter",
      threads: null,
      linear: "dense",
      dtype: "f32",
      layout: "batch-last",
      parameters: 22e6,
      linears: [{ rows: 4, cols: 4, product: "1,4,4,1", layers: 2, weights: 16 }],
      linearFlops: 9e9,
      verification: { ok: true, relativeError: 1e-6, bound: 1e-4, nonFinite: 0, units: 1 },
      dispatches: 100,
      rewrites: 2,
      bytes: 1000,
      peakBytes: 2000,
      compileSeconds: 0.1,
      firstRunSeconds: 0.2,
      repeats: 1,
      wall: [0.02],
      transfers: true,
      profile: [{ part: "x", kind: "linear", seconds: 0.015 }],
      note: null,
    },
  ],
  skipped: [{ name: "onnxruntime", reason: "x" }],
};
