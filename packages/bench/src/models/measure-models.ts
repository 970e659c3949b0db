import { DisposableStack } from "@papilio/butterfly";
import type { WeightDtype } from "@papilio/cpu-runtime/kernels";
import type { Profile } from "@papilio/nn/backends";
import * as v from "valibot";
import { callback, count, requireShape, signal as signalShape } from "../arguments/checks.ts";
import { measureCpuRates } from "../measure/cpu-rates.ts";
import {
  ENGINES,
  LINEAR_KINDS,
  type LinearKind,
  MODEL_UNITS,
  PROCESSORS,
  type VariantResult,
} from "../results/model-results.ts";
import { breakdown } from "./breakdown.ts";
import {
  type Candidate,
  Candidates,
  describeModel,
  type Facts,
  type MeasuredVariants,
} from "./candidates.ts";
import type { ModelEngine, ModelTask, PreparedModel } from "./engine.ts";
import { drawPast } from "./past.ts";
import { computeReference, drawInputs, type Reference, verifyOutputs } from "./reference.ts";
import { roundWeights } from "./round-weights.ts";
import { type Run, runsOf } from "./runs.ts";
import type { ModelSubject } from "./subject.ts";

/** What of a model is timed, and how often. */
export interface MeasureModelOptions {
  /** Images, tokens or others of a run. */
  readonly units: number;
  /** How many are compared with the reference, where it need not be all. */
  readonly verified: number;
  readonly linears: readonly LinearKind[];
  /** Sequences of which a run computes a token each, beside runs of one; those alone unless given. */
  readonly sequences?: number | undefined;
  /** Samples of each variant. */
  readonly rounds: number;
  /** Shortest sample, in seconds: shorter runs are repeated within one. */
  readonly minSample: number;
  readonly seed: number;
  /** Ends the rounds before their number; what was measured is kept. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (message: string) => void;
  /**
   * Called with what there is when a variant is verified or skipped, and after each sample; waited for. The
   * results are the same objects each time, with more in them.
   */
  readonly onMeasured?: (measured: MeasuredVariants) => void | Promise<void>;
}

const enginesShape = v.array(
  v.object({
    engine: v.picklist(ENGINES),
    processor: v.picklist(PROCESSORS),
    threads: v.nullable(v.number()),
    forms: v.array(v.object({})),
    prepare: callback,
  }),
);

const subjectShape = v.object({
  name: v.string(),
  unit: v.picklist(MODEL_UNITS),
  verified: v.nullable(count),
  build: callback,
  given: v.optional(callback),
  past: v.optional(callback),
  together: v.optional(callback),
});

const measureShape = v.object({
  units: count,
  verified: count,
  linears: v.array(v.picklist(LINEAR_KINDS)),
  sequences: v.optional(count),
  rounds: count,
  minSample: v.number(),
  seed: v.number(),
  signal: v.optional(signalShape),
  onProgress: v.optional(callback),
  onMeasured: v.optional(callback),
});

const PROFILES = 5;

/**
 * Compares the outputs of a model with those of the reference in float64, which has the same weights where these have
 * few bits, for each engine and kind of linear
 * layers, and times those that are right, in rounds: each round samples each once, in a new random order. A
 * time is that of a whole run, from inputs in memory to outputs in memory. What an engine cannot do is skipped,
 * with its reason.
 *
 * @throws the signal's reason when it aborts before the first round
 */
export async function measureModel(
  engines: readonly ModelEngine[],
  subject: ModelSubject,
  options: MeasureModelOptions,
): Promise<MeasuredVariants> {
  requireShape("The engines", engines, enginesShape);
  requireShape("The model", subject, subjectShape);
  requireShape("The options of measureModel", options, measureShape);
  const { units, linears, seed, signal } = options;
  using held = new DisposableStack();
  const candidates = new Candidates<PreparedModel>(options);
  const verified = subject.verified === null ? units : Math.min(options.verified, units);
  const prepareAll = async (linear: LinearKind, run: Run): Promise<void> => {
    const { subject: of, sequences, build } = run;
    const built = build(linear);
    const graph = built.trace(units);
    const inputs = drawInputs(of, graph, { units, verified, seed });
    const task = { graph, inputs, past: drawPast(graph, of.past?.(units) ?? 0, seed) };
    options.onProgress?.(`${linear}: ${verified} of ${units} ${of.unit} by the reference`);
    const reference = await computeReference(of, built, task, { units, verified }, signal);
    const references = new Map<string, Reference>();
    const referenceOf = async (dtype: WeightDtype): Promise<Reference> => {
      if (dtype === "f32" || dtype === "f16") return reference;
      const known = references.get(dtype);
      if (known !== undefined) return known;
      const rounded = build(linear);
      roundWeights(rounded.trace(units), dtype);
      options.onProgress?.(`${linear} ${dtype}: the same with weights of few bits`);
      const few = await computeReference(of, rounded, task, { units, verified }, signal);
      references.set(dtype, few);
      return few;
    };
    const described = { linear, sequences, ...describeModel(built.model, graph) };
    for (const engine of engines) {
      for (const form of engine.forms) {
        signal?.throwIfAborted();
        const { engine: by, processor, threads } = engine;
        const facts = { engine: by, processor, threads, ...described, ...form };
        const own = await referenceOf(form.dtype);
        await candidates.add(facts, () => prepare(engine, task, { facts, reference: own, held }));
      }
    }
  };
  for (const linear of linears) {
    for (const run of runsOf(subject, options)) await prepareAll(linear, run);
  }
  const complete = await candidates.sample();
  const { right } = candidates;
  if (complete) for (const { model, result } of right) result.profile = await profileOf(model);
  const onCpu = right.some(({ result }) => result.processor === "cpu" && result.profile !== null);
  return { ...candidates.measured(complete), rates: onCpu ? await measureCpuRates() : undefined };
}

interface Preparation {
  readonly facts: Facts;
  readonly reference: Reference;
  readonly held: DisposableStack;
}

async function prepare(
  engine: ModelEngine,
  task: ModelTask,
  { facts, reference, held }: Preparation,
): Promise<Candidate<PreparedModel>> {
  const started = performance.now();
  const model = await engine.prepare(task, facts);
  try {
    const compiled = performance.now();
    const outputs = await model.run();
    const ran = performance.now();
    const result = {
      ...facts,
      verification: verifyOutputs(reference, outputs, facts.dtype),
      ...model.facts,
      compileSeconds: (compiled - started) / 1000,
      firstRunSeconds: (ran - compiled) / 1000,
      repeats: null,
      wall: [],
      transfers: true,
      profile: null,
    };
    return { model: held.use(model), result };
  } catch (error) {
    model[Symbol.dispose]();
    throw error;
  }
}

async function profileOf(model: PreparedModel): Promise<VariantResult["profile"]> {
  const profiles: Profile[] = [];
  for (let run = 0; run < PROFILES; run++) {
    const profile = await model.profile();
    if (profile === null) return null;
    profiles.push(profile);
  }
  return breakdown(profiles);
}
