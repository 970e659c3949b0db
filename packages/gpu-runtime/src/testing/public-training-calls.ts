import { call, type PublicCalls } from "@papilio/public-arguments";
import { runtime } from "./every-entry.ts";

const storage = { from: "batch-first", to: "batch-last", dtype: "f32" } as const;
const normalized = { ...storage, batch: 4, features: 8 };
const lanes = { columns: 1, slices: 4, width: 1 };
const report = runtime.typicalReport({ name: "none", kind: "hardware" });

/** A report with its limits and features, which are looked at as a whole. */
const reports = (): object => Object.create(report) as object;

const loss = {
  ...{ batch: 4, features: 8, from: "batch-first", dtype: "f32", smoothing: 0.1, ignored: 3 },
} as const;
const compared = {
  ...{ batch: 4, features: 8, from: "batch-first", target: "batch-last", dtype: "f32" },
} as const;
const taught = {
  ...{ batch: 4, features: 8, from: "batch-first", teacher: "batch-last", dtype: "f32" },
  temperature: 2,
} as const;

const vectors = { batch: 4, layout: "batch-first" } as const;
const attended = {
  ...{ sequences: 1, queries: 4, keys: 4, heads: 2, keyValueHeads: 1, headFeatures: 4, scale: 1 },
  ...{ causal: true, dtype: "f32", lengths: true },
} as const;
const operands = { q: vectors, k: vectors, dy: vectors, statistics: vectors } as const;
const shape = { own: 1, others: 4, workgroup: 8, broadcast: "load" } as const;

/** Valid calls of the kernels of training. */
export const trainingCalls: PublicCalls = {
  activationGradientKernel: () =>
    call(runtime.activationGradientKernel, {
      ...storage,
      ...{ batch: 4, features: 8, gradient: "batch-first" },
      activation: { kind: "elu", alpha: 1 },
    }),
  chooseAttentionGradient: () => call(runtime.chooseAttentionGradient, reports(), attended),
  attentionStatisticsKernel: () =>
    call(
      runtime.attentionStatisticsKernel,
      { ...attended, shapes: { ...operands, y: vectors } },
      shape,
    ),
  attentionQueriesGradientKernel: () =>
    call(
      runtime.attentionQueriesGradientKernel,
      { ...attended, shapes: { ...operands, v: vectors, dq: vectors } },
      shape,
    ),
  attentionKeysGradientKernel: () =>
    call(
      runtime.attentionKeysGradientKernel,
      { ...attended, shapes: { ...operands, v: vectors, dkv: vectors } },
      shape,
    ),
  convertKernel: () => call(runtime.convertKernel, { length: 6, from: "f16", to: "f32" }),
  dropoutKernel: () =>
    call(runtime.dropoutKernel, { ...storage, batch: 4, features: 8, rate: 0.5, stream: 1 }),
  crossEntropyKernel: () => call(runtime.crossEntropyKernel, reports(), { ...loss }, lanes),
  crossEntropyGradientKernel: () =>
    call(runtime.crossEntropyGradientKernel, reports(), { ...loss, to: "batch-first" }, lanes),
  distillationKernel: () => call(runtime.distillationKernel, reports(), { ...taught }, lanes),
  distillationGradientKernel: () =>
    call(runtime.distillationGradientKernel, reports(), { ...taught, to: "batch-first" }, lanes),
  labelWeightsKernel: () =>
    call(runtime.labelWeightsKernel, { count: 4, classes: 8, ignored: 3, dtype: "f32" }),
  normalizationGradientKernel: () =>
    call(
      runtime.normalizationGradientKernel,
      reports(),
      { ...normalized, gradient: "batch-first", kind: "rms", epsilon: 1e-5, weight: true },
      lanes,
    ),
  normalizationStatisticsKernel: () =>
    call(
      runtime.normalizationStatisticsKernel,
      reports(),
      { batch: 4, features: 8, from: "batch-first", dtype: "f32", kind: "rms", epsilon: 1e-5 },
      lanes,
    ),
  normalizationParametersGradientKernel: () =>
    call(runtime.normalizationParametersGradientKernel, {
      ...{ batch: 4, count: 3, features: 8, from: "batch-first", gradient: "batch-last" },
      ...{ dtype: "f32", bias: true },
    }),
  softmaxGradientKernel: () =>
    call(
      runtime.softmaxGradientKernel,
      reports(),
      { ...normalized, gradient: "batch-first", log: true },
      lanes,
    ),
  squaredErrorKernel: () => call(runtime.squaredErrorKernel, reports(), { ...compared }, lanes),
  squaredErrorGradientKernel: () =>
    call(runtime.squaredErrorGradientKernel, reports(), { ...compared, to: "batch-first" }, lanes),
  updateKernel: () =>
    call(runtime.updateKernel, {
      ...{ length: 6, dtype: "f32", optimizer: "adamw", rate: 1, decay: 0.1, betas: [0.9, 0.99] },
      epsilon: 1e-8,
    }),
  stepSettingsKernel: () => call(runtime.stepSettingsKernel, { parts: 3, dtype: "f32", clip: 1 }),
  repackKernel: () => call(runtime.repackKernel, { length: 6, dtype: "f32" }),
  accumulateKernel: () => call(runtime.accumulateKernel, { length: 6, dtype: "f32" }),
  sumOfSquaresKernel: () => call(runtime.sumOfSquaresKernel, { length: 6, dtype: "f32" }),
  sumOfSquaresParts: () => call(runtime.sumOfSquaresParts, { length: 6, dtype: "f32" }),
};
