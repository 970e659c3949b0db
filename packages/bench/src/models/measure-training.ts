import { DisposableStack, PapilioError } from "@papilio/butterfly";
import { FLOAT_FORMATS, uniform } from "@papilio/butterfly/numeric";
import type { RunInputs } from "@papilio/nn";
import { type Graph, Indices, type Value } from "@papilio/nn/graph";
import { operationsOf } from "@papilio/nn/operations";
import { crossEntropy } from "@papilio/nn/training";
import * as v from "valibot";
import { callback, count, requireShape, signal as signalShape } from "../arguments/checks.ts";
import {
  LINEAR_KINDS,
  type LinearKind,
  type ModelVerification,
  PROCESSORS,
} from "../results/model-results.ts";
import { Candidates, describeModel, type MeasuredVariants } from "./candidates.ts";
import type { MeasureModelOptions } from "./measure-models.ts";
import type { BuiltModel, ModelSubject, TrainingSubject } from "./subject.ts";
import {
  type PreparedTraining,
  type TrainedModel,
  type TrainingEngine,
  trainingByReference,
} from "./training-engines.ts";

/** What of training is timed, and how often. */
export type MeasureTrainingOptions = Omit<MeasureModelOptions, "verified">;

const enginesShape = v.array(
  v.object({
    processor: v.picklist(PROCESSORS),
    threads: v.nullable(v.number()),
    prepare: callback,
  }),
);

const subjectShape = v.object({
  name: v.string(),
  training: v.optional(
    v.object({ description: v.string(), units: count, verified: count, build: callback }),
  ),
});

const optionsShape = v.object({
  units: count,
  linears: v.array(v.picklist(LINEAR_KINDS)),
  rounds: count,
  minSample: v.number(),
  seed: v.number(),
  signal: v.optional(signalShape),
  onProgress: v.optional(callback),
  onMeasured: v.optional(callback),
});

/** Steps of the small model that are compared: the third one follows two updates. */
const STEPS = 3;

/**
 * Times whole steps of training, gradients, clipping and the updates of AdamW, with dense and with butterfly layers, in
 * rounds as {@link measureModel} does. First the losses and the norms of the gradients of some steps of a small model are
 * compared with those of the reference; what is wrong is not timed.
 *
 * @throws PapilioError `MODEL_UNKNOWN` for a model that is not trained; the signal's reason when it aborts before the first
 *   round
 */
export async function measureTraining(
  engines: readonly TrainingEngine[],
  subject: ModelSubject,
  options: MeasureTrainingOptions,
): Promise<MeasuredVariants> {
  requireShape("The engines", engines, enginesShape);
  requireShape("The options of measureTraining", options, optionsShape);
  const training = requireTraining(subject);
  const { units, linears, seed, signal } = options;
  using held = new DisposableStack();
  const candidates = new Candidates<PreparedTraining>(options);
  for (const linear of linears) {
    options.onProgress?.(`${linear}: ${STEPS} steps of a small model by the reference`);
    const reference = await referenceOf(training, linear, seed);
    for (const engine of engines) {
      signal?.throwIfAborted();
      const { processor, threads } = engine;
      const form = { engine: "papilio", processor, threads, linear, dtype: "f32" } as const;
      const facts = { ...form, layout: null };
      await candidates.add(facts, async () => {
        const verification = await verify(engine, reference, () =>
          trained(training.build(linear, seed, "small"), training.verified, seed),
        );
        const built = training.build(linear, seed, "whole");
        const model = trained(built, units, seed);
        const started = performance.now();
        const step = held.use(engine.prepare(model));
        const prepared = performance.now();
        await step.run();
        const ran = performance.now();
        const result = {
          ...facts,
          ...describeModel(built.model, model.graph),
          ...{ verification, dispatches: null, rewrites: null },
          ...{ bytes: step.bytes, peakBytes: null },
          compileSeconds: (prepared - started) / 1000,
          firstRunSeconds: (ran - prepared) / 1000,
          ...{ repeats: null, wall: [], transfers: true, profile: null, note: null },
        };
        return { model: step, result };
      });
    }
  }
  return candidates.measured(await candidates.sample());
}

/**
 * How a model is trained.
 *
 * @throws PapilioError `MODEL_UNKNOWN` for a model that is not
 */
export function requireTraining(subject: Pick<ModelSubject, "name" | "training">): TrainingSubject {
  requireShape("The model", subject, subjectShape);
  const { name, training } = subject;
  if (training !== undefined) return training;
  throw new PapilioError(
    "MODEL_UNKNOWN",
    `The model ${name} is not trained.`,
    "Use a vision transformer or the prompt of a language model.",
  );
}

/** A model with a label for each vector of its logits, and random inputs and labels. */
function trained({ model, trace }: BuiltModel, units: number, seed: number): TrainedModel {
  const graph = trace(units);
  const logits = graph.outputs.get("logits") as Value;
  const labels = graph.indices("labels", logits.vectors);
  const loss = crossEntropy(logits, labels);
  const parameters = [...model.namedParameters().values()];
  return { graph, loss, parameters, inputs: drawn(graph, seed) };
}

function drawn(graph: Graph, seed: number): RunInputs {
  const next = uniform(seed);
  return Object.fromEntries(
    [...graph.inputs].map(([name, input]) => [
      name,
      input instanceof Indices
        ? Uint32Array.from({ length: input.length }, () =>
            Math.floor(((next() + 1) / 2) * input.below),
          )
        : Float32Array.from({ length: input.vectors * input.features }, next),
    ]),
  );
}

/** Losses and norms of the gradients of some steps, and how far others may be off. */
interface StepsReference {
  readonly units: number;
  readonly numbers: readonly number[];
  readonly bound: number;
}

async function referenceOf(
  training: TrainingSubject,
  linear: LinearKind,
  seed: number,
): Promise<StepsReference> {
  const units = training.verified;
  const model = trained(training.build(linear, seed, "small"), units, seed);
  using steps = trainingByReference(model);
  const numbers = await numbersOf(steps);
  const operations = operationsOf(model.graph);
  const longest = operations.map((operation) => {
    if (operation.kind === "linear") return operation.matrix.chain.cols;
    return operation.kind === "factor-gradient" ? operation.x.vectors : 1;
  });
  // As that of outputs, of all operations of all steps: see `verifyOutputs`.
  const rounding = (1 + Math.sqrt(Math.max(...longest))) * FLOAT_FORMATS.f32.epsilon;
  return { units, numbers, bound: 2 * Math.sqrt(STEPS * operations.length) * rounding };
}

async function verify(
  engine: TrainingEngine,
  { units, numbers, bound }: StepsReference,
  make: () => TrainedModel,
): Promise<ModelVerification> {
  using steps = engine.prepare(make());
  const found = await numbersOf(steps);
  let [errors, magnitude] = [0, 0];
  for (const [at, right] of numbers.entries()) {
    errors += ((found[at] as number) - right) ** 2;
    magnitude += right ** 2;
  }
  const error = Math.sqrt(errors / magnitude);
  return { ok: error <= bound, relativeError: error, bound, nonFinite: 0, units, steps: STEPS };
}

async function numbersOf(steps: PreparedTraining): Promise<readonly number[]> {
  const numbers: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    const { loss, norm } = await steps.run();
    numbers.push(loss, norm);
  }
  return numbers;
}
