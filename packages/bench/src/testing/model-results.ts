import type { ModelResults, VariantResult } from "../results/model-results.ts";
import { testEnvironment } from "./results.ts";

/** A variant of a model: dense, right, 20 ms, unless given. */
export const variantOf = (changes: Partial<VariantResult>): VariantResult => ({
  engine: "papilio",
  processor: "adapter",
  threads: null,
  linear: "dense",
  dtype: "f32",
  layout: "batch-last",
  parameters: 22e6,
  linears: [{ rows: 384, cols: 384, product: "1,384,384,1", layers: 48, weights: 147_456 }],
  linearFlops: 9e9,
  verification: { ok: true, relativeError: 1e-6, bound: 1e-4, nonFinite: 0, units: 1 },
  dispatches: 100,
  rewrites: 2,
  bytes: 2 ** 20,
  peakBytes: 2 ** 21,
  compileSeconds: 0.1,
  firstRunSeconds: 0.2,
  repeats: 1,
  wall: [0.02, 0.021, 0.019],
  transfers: true,
  profile: [
    { part: "blocks.*.mlp.fc1", kind: "linear", seconds: 0.015 },
    { part: "attention", kind: "attention", seconds: 0.005 },
  ],
  note: null,
  ...changes,
});

export const product = "1,192,48,2; 2,48,192,1";
/** Three variants: dense, butterfly in half the time, and one that is wrong. */
export const modelResults: ModelResults = {
  schema: "papilio-models/2",
  environment: testEnvironment,
  options: { rounds: 3, minSample: 0.002, seed: 1 },
  model: "vit-s16",
  description: "a model",
  unit: "images",
  units: 8,
  complete: true,
  variants: [
    variantOf({}),
    variantOf({
      linear: "butterfly",
      linears: [{ rows: 384, cols: 384, product, layers: 48, weights: 36_864 }],
      wall: [0.01, 0.0101, 0.0099],
      profile: null,
    }),
    variantOf({
      linear: "butterfly",
      dtype: "f16",
      verification: { ok: false, relativeError: null, bound: 0.01, nonFinite: 3, units: 1 },
      repeats: null,
      wall: [],
      profile: null,
    }),
  ],
  skipped: [{ name: "onnxruntime cpu", reason: "onnxruntime-node is not installed." }],
};
