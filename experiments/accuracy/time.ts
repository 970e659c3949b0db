import {
  type ModelEngine,
  type ModelSubject,
  measureModel,
  measureTraining,
  type TrainingEngine,
} from "@papilio/bench/models";
import type { VariantResult } from "@papilio/bench/results";
import type { LinearKind } from "./linear-kinds.ts";
import type { Inference, Task } from "./task.ts";

/** What is timed: a run of the model, or a step of its training. */
type Timed = "inference" | "training";

/** Samples of a kind of layers and of dense ones beside them, in seconds, in the same rounds. */
export interface Times {
  readonly task: string;
  readonly kind: LinearKind;
  readonly timed: Timed;
  readonly processor: VariantResult["processor"];
  readonly dense: readonly number[];
  readonly butterfly: readonly number[];
}

/** The file of times. */
export interface TimesFile {
  readonly command: string;
  readonly date: string;
  readonly node: string;
  readonly processors: string;
  /** Undefined where there was none. */
  readonly adapter?: string | undefined;
  readonly times: readonly Times[];
}

interface TimeOptions {
  readonly engines: readonly ModelEngine[];
  readonly training: readonly TrainingEngine[];
  readonly rounds: number;
}

/**
 * Times inference and steps of training of each kind of layers of a task, verified first, each with dense layers in the
 * same rounds. Steps are those of AdamW by as many examples as the task has, all of them with labels.
 */
export async function timeTask(
  task: Task,
  { engines, training, rounds }: TimeOptions,
): Promise<readonly Times[]> {
  const found: Times[] = [];
  const options = { units: 1, verified: 1, linears: ["dense", "butterfly"], rounds } as const;
  const measuring = { ...options, minSample: 0.05, seed: 0 };
  for (const kind of task.kinds) {
    if (kind === "dense") continue;
    const subject = subjectOf(task, kind);
    console.log(`${task.name} ${kind}`);
    const inference = await measureModel(engines, subject, measuring);
    const steps = await measureTraining(training, subject, measuring);
    found.push(
      ...pairsOf(task, kind, "inference", inference.variants),
      ...pairsOf(task, kind, "training", steps.variants),
    );
  }
  return found;
}

/** Dense and butterfly layers of each processor. Throws where something is wrong. */
function pairsOf(
  { name: task }: Task,
  kind: LinearKind,
  timed: Timed,
  variants: readonly VariantResult[],
): readonly Times[] {
  const wrong = variants.find(({ verification }) => !verification.ok);
  if (wrong !== undefined) {
    const { processor, linear, verification } = wrong;
    throw new Error(
      `${task} ${kind}, ${timed} on the ${processor}, ${linear}: the error ${verification.relativeError} is above ${verification.bound}.`,
    );
  }
  return [...new Set(variants.map(({ processor }) => processor))].map((processor) => {
    const wallOf = (linear: string): readonly number[] =>
      variants.find((one) => one.processor === processor && one.linear === linear)?.wall ?? [];
    return { task, kind, timed, processor, dense: wallOf("dense"), butterfly: wallOf("butterfly") };
  });
}

function subjectOf(task: Task, kind: LinearKind): ModelSubject {
  const builtBy = (runs: number) => (linear: string) => {
    const { model, graph }: Inference = task.inference(linear === "dense" ? "dense" : kind, runs);
    return { model, trace: () => graph };
  };
  const [description, units] = [task.description, 1];
  return {
    ...{ name: task.name, description, units, most: 1, verified: null },
    // Of what a run takes one: inputs are given, and are compared as a whole.
    unit: "images",
    build: builtBy(1),
    given: () => task.inference("dense", 1).inputs,
    training: {
      ...{ description, units, verified: 1 },
      build: (linear, _seed, size) => builtBy(size === "small" ? 1 : task.batch)(linear),
    },
  };
}
