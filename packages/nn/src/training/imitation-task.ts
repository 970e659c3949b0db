import { PapilioError } from "@papilio/butterfly";
import { requireArray, requireObject, requireWhole } from "@papilio/butterfly/errors";
import {
  type Check,
  callback,
  either,
  map,
  objectOf,
  oneOf,
  optional,
  recordOf,
  uint32,
  whole,
} from "../arguments/checks.ts";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import type { RunInputs } from "../graph/executable.ts";
import type { Graph } from "../graph/graph.ts";
import { graphCheck, valueCheck } from "../graph/operand-checks.ts";
import type { Value } from "../graph/value.ts";
import type { Parameter } from "../modules/parameter.ts";
import { shuffledBatches } from "./batches.ts";
import { pickedRows } from "./labelled-images.ts";
import { distillationLoss, meanSquaredError } from "./losses.ts";
import type { DisposableTask } from "./tasks.ts";

/** Inputs of a model for some examples, those of one after those of another. */
export interface Examples {
  /** How many there are. */
  readonly count: number;
  /** By the names of inputs: each as many numbers as one run of all examples takes. */
  readonly inputs: RunInputs;
}

export interface ImitationTaskOptions {
  /** What is trained. */
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** Traces the model for so many examples: output `logits`, or another as its first. */
  readonly trace: (examples: number) => Graph;
  /** The same of the model that is imitated, with parameters of its own. */
  readonly teacher: (examples: number) => Graph;
  readonly train: Examples;
  /** What is measured and not trained on, by whole batches: at least one. */
  readonly validation?: Examples | undefined;
  /** Examples of a run. */
  readonly batch: number;
  readonly seed: number;
  /** By which the teacher and the evaluation are computed; the readable `reference` unless given. */
  readonly kernels?: "reference" | "wasm";
}

/** Names in the graph of a task. */
const [GIVEN, LOSS] = ["imitation.teacher", "imitation.loss"];

const optionsCheck = objectOf({
  parameters: map,
  trace: callback,
  teacher: callback,
  batch: whole,
  seed: whole,
  kernels: optional(oneOf("reference", "wasm")),
});

/**
 * Computing what a teacher does, without labels: the loss, and the evaluation by it, are `distillationLoss` of `logits`, and
 * the mean squared error of another output.
 *
 * @throws PapilioError `OPTION_INVALID`; `INPUT_LENGTH` for inputs that are no whole number of numbers for each example;
 *   `GRAPH_SHAPE` for a teacher of another output
 */
export function imitationTask(options: ImitationTaskOptions): DisposableTask {
  optionsCheck("imitationTask", options);
  const { parameters, trace, teacher, train, validation, batch, seed } = options;
  const { kernels = "reference" } = options;
  requireExamples("train", train, 1);
  if (validation !== undefined) requireExamples("validation", validation, batch);
  const order = shuffledBatches({ examples: train.count, batch, seed });
  const known = teacher(batch);
  graphCheck("What teacher() gives", known);
  const { graph, loss } = withTeacher(trace(batch), known);
  const model = new CpuModel(known, { kernels });
  const withOutput = async (inputs: RunInputs): Promise<RunInputs> => {
    const asked = [...known.inputs.keys()].map((name) => [name, inputs[name]]);
    const outputs = await model.run(Object.fromEntries(asked) as RunInputs);
    return { ...inputs, [GIVEN]: outputs[outputOf(known)[0]] as Float32Array };
  };
  const evaluated = validation && withTeacher(trace(batch), known);
  evaluated?.graph.output(LOSS, evaluated.loss);
  const measured = evaluated && new CpuModel(evaluated.graph, { kernels });
  return {
    ...{ graph, loss, parameters },
    batch: (run) => withOutput(pickedExamples(train, order(run))),
    evaluate:
      measured &&
      (async () => {
        await measured.renewParameters();
        const runs = Math.floor((validation as Examples).count / batch);
        let sum = 0;
        for (let run = 0; run < runs; run++) {
          const places = Uint32Array.from({ length: batch }, (_, at) => run * batch + at);
          const inputs = pickedExamples(validation as Examples, places);
          const outputs = await measured.run(await withOutput(inputs));
          sum += outputs[LOSS]?.[0] as number;
        }
        return { loss: sum / runs };
      }),
    [Symbol.dispose]: () => {
      model.dispose();
      measured?.dispose();
    },
  };
}

/** Some examples, in the order of their places. */
function pickedExamples({ count, inputs }: Examples, places: Uint32Array): RunInputs {
  const picked = Object.entries(inputs).map(([name, values]) => {
    return [name, pickedRows(values, values.length / count, places)];
  });
  return Object.fromEntries(picked);
}

function outputOf(graph: Graph): readonly [name: string, output: Value] {
  const name = graph.outputs.has("logits") ? "logits" : ([...graph.outputs.keys()][0] ?? "");
  const output = graph.outputs.get(name);
  valueCheck("The output of what trace() and teacher() give", output);
  return [name, output as Value];
}

/** Adds the loss to the graph of a model, of an input that the teacher gives. */
function withTeacher(
  graph: Graph,
  teacher: Graph,
): { readonly graph: Graph; readonly loss: Value } {
  graphCheck("What trace() gives", graph);
  const [name, own] = outputOf(graph);
  const [, { vectors, features }] = outputOf(teacher);
  const given = graph.input(GIVEN, { vectors, features });
  const loss = name === "logits" ? distillationLoss(own, given) : meanSquaredError(own, given);
  return { graph, loss };
}

/** @throws PapilioError `OPTION_INVALID`, `INPUT_LENGTH` */
function requireExamples(name: string, examples: Examples, least: number): void {
  requireObject(`The examples for ${name}`, examples, "Examples", "count", "inputs");
  const { count, inputs } = examples;
  requireWhole(`The number of examples for ${name}`, count, least);
  recordOf(either(uint32, float32))(`The inputs for ${name}`, inputs);
  for (const [input, { length }] of Object.entries(inputs)) {
    if (length % count === 0) continue;
    throw new PapilioError(
      "INPUT_LENGTH",
      `The input ${input} for ${name} has ${length} numbers, for ${count} examples.`,
      "Give as many numbers of each example.",
    );
  }
}

const float32: Check = (name, value) => requireArray(name, value, "Float32Array");
