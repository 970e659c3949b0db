import { DisposableStack, type Layout, type StorageDtype } from "@papilio/butterfly";
import type { Gpu } from "@papilio/gpu-runtime";
import type { RunInputs } from "@papilio/nn";
import { DeviceModel, type Profile } from "@papilio/nn/backends";
import type { Graph } from "@papilio/nn/graph";
import { LinearLayer } from "@papilio/nn/layers";
import { operationsOf } from "@papilio/nn/operations";
import * as v from "valibot";
import {
  callback,
  count,
  dtype as dtypeShape,
  gpu as gpuShape,
  layout as layoutShape,
  requireShape,
  signal as signalShape,
} from "../arguments/checks.ts";
import { repeatsFor, sampleRounds, secondsOfRuns, warmUp } from "../measure/sampling.ts";
import {
  LINEAR_KINDS,
  type LinearKind,
  type LinearSummary,
  type ModelResults,
  type VariantResult,
  variantName,
} from "../results/model-results.ts";
import { breakdown } from "./breakdown.ts";
import { computeReference, drawInputs, type Reference, verifyOutputs } from "./reference.ts";
import type { BuiltModel, ModelSubject } from "./subjects.ts";

/** What of a model is timed, and how often. */
export interface MeasureModelOptions {
  /** Images or tokens of a run. */
  readonly units: number;
  /** Images or tokens that are compared with the CPU. */
  readonly verified: number;
  readonly linears: readonly LinearKind[];
  readonly dtypes: readonly StorageDtype[];
  readonly layouts: readonly Layout[];
  /** Samples of each variant. */
  readonly rounds: number;
  /** Shortest sample, in seconds: shorter runs are repeated within one. */
  readonly minSample: number;
  readonly seed: number;
  /** Ends the rounds before their number; what was measured is kept. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (message: string) => void;
}

const subjectShape = v.object({
  name: v.string(),
  unit: v.picklist(["images", "tokens"]),
  build: callback,
});
const measureShape = v.object({
  units: count,
  verified: count,
  linears: v.array(v.picklist(LINEAR_KINDS)),
  dtypes: v.array(dtypeShape),
  layouts: v.array(layoutShape),
  rounds: count,
  minSample: v.number(),
  seed: v.number(),
  signal: v.optional(signalShape),
  onProgress: v.optional(callback),
});

const PROFILES = 5;

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly number[] ? number[] : T[K] };

interface Candidate {
  readonly model: DeviceModel;
  readonly result: Mutable<VariantResult>;
}

/**
 * Compares the outputs of a model on a device with the CPU's, for each kind of linear layers, dtype and
 * layout, and times those that are right, in rounds: each round samples each once, in a new random order.
 *
 * @throws PapilioError `F16_UNAVAILABLE`, `BUFFER_TOO_LARGE`, `MEMORY_BUDGET`; the signal's reason when it
 *   aborts before the first round
 */
export async function measureModel(
  gpu: Gpu,
  subject: ModelSubject,
  options: MeasureModelOptions,
): Promise<Pick<ModelResults, "complete" | "variants">> {
  requireShape("The device", gpu, gpuShape);
  requireShape("The model", subject, subjectShape);
  requireShape("The options of measureModel", options, measureShape);
  const { units, linears, dtypes, layouts, seed, signal } = options;
  for (const dtype of dtypes) gpu.assertDtype(dtype);
  using held = new DisposableStack();
  const candidates: Candidate[] = [];
  const verified = Math.min(options.verified, units);
  for (const linear of linears) {
    const built = subject.build(linear, seed);
    const graph = built.trace(units);
    const inputs = drawInputs(subject, graph, { units, distinct: verified, seed });
    options.onProgress?.(`${linear}: ${verified} of ${units} ${subject.unit} on the CPU`);
    const reference = await computeReference(subject, built, inputs, verified, signal);
    for (const dtype of dtypes) {
      for (const layout of layouts) {
        signal?.throwIfAborted();
        options.onProgress?.(`${variantName({ linear, dtype, layout })} on the device`);
        const facts = { linear, dtype, layout, ...describeModel(built, graph) };
        candidates.push(await prepare(gpu, graph, { facts, inputs, reference, held }));
      }
    }
  }
  const right = candidates.filter(({ result }) => result.verification.ok);
  const complete = await sampleAll(right, options);
  for (const { model, result } of right) {
    if (complete && gpu.report.features.timestamps) result.profile = await profileOf(model);
  }
  return { complete, variants: candidates.map(({ result }) => result) };
}

type Facts = Pick<
  VariantResult,
  "linear" | "dtype" | "layout" | "parameters" | "linears" | "linearFlops"
>;

interface Preparation {
  readonly facts: Facts;
  readonly inputs: RunInputs;
  readonly reference: Reference;
  readonly held: DisposableStack;
}

async function prepare(
  gpu: Gpu,
  graph: Graph,
  { facts, inputs, reference, held }: Preparation,
): Promise<Candidate> {
  const { dtype, layout } = facts;
  gpu.memory.resetPeak();
  const before = gpu.memory.statistics.inUse;
  const started = performance.now();
  const model = held.use(await DeviceModel.compile(gpu, graph, { dtype, layout }));
  const compiled = performance.now();
  const outputs = await model.run(inputs);
  const ran = performance.now();
  const { dispatches, rewrites } = model.report;
  return {
    model,
    result: {
      ...facts,
      verification: verifyOutputs(reference, outputs, dtype),
      dispatches,
      rewrites,
      bytes: model.bytes,
      peakBytes: gpu.memory.statistics.peak - before,
      compileSeconds: (compiled - started) / 1000,
      firstRunSeconds: (ran - compiled) / 1000,
      repeats: null,
      wall: [],
      profile: null,
    },
  };
}

/** @returns whether all rounds were made */
async function sampleAll(
  candidates: readonly Candidate[],
  { rounds, minSample, seed, signal, onProgress }: MeasureModelOptions,
): Promise<boolean> {
  for (const { model, result } of candidates) {
    result.repeats = repeatsFor(await warmUp(() => secondsOf(model, 1)), minSample);
  }
  const sample = async ({ model, result }: Candidate): Promise<void> => {
    result.wall.push(await secondsOf(model, result.repeats ?? 1));
  };
  const onRound = (round: number): void => onProgress?.(`round ${round} of ${rounds}`);
  return await sampleRounds(candidates, sample, { rounds, seed, signal, onRound });
}

function secondsOf(model: DeviceModel, repeats: number): Promise<number> {
  return secondsOfRuns(() => model.complete(), repeats);
}

async function profileOf(model: DeviceModel): Promise<VariantResult["profile"]> {
  const profiles: Profile[] = [];
  for (let run = 0; run < PROFILES; run++) profiles.push(await model.profile());
  return breakdown(profiles);
}

/** What can be said of a model without running it. */
function describeModel(
  { model }: BuiltModel,
  graph: Graph,
): Pick<VariantResult, "parameters" | "linears" | "linearFlops"> {
  const linears = new Map<string, Mutable<LinearSummary>>();
  for (const layer of model.namedModules().values()) {
    if (!(layer instanceof LinearLayer)) continue;
    const patterns = layer.matrices.flatMap(({ chain }) => chain.patterns);
    const product = patterns.map(({ a, b, c, d }) => [a, b, c, d].join(",")).join("; ");
    const { outFeatures: rows, inFeatures: cols, weightCount: weights } = layer;
    const key = `${rows} x ${cols}: ${product}`;
    const known = linears.get(key);
    if (known === undefined) linears.set(key, { rows, cols, product, layers: 1, weights });
    else known.layers++;
  }
  let linearFlops = 0;
  for (const operation of operationsOf(graph)) {
    if (operation.kind !== "linear") continue;
    linearFlops += 2 * operation.x.vectors * operation.matrix.chain.nonZeros;
  }
  return { parameters: model.parameterCount, linears: [...linears.values()], linearFlops };
}
