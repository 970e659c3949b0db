import { PapilioError } from "@papilio/butterfly";
import { describeValue, requireWhole, wrongArgument } from "@papilio/butterfly/errors";
import {
  type Check,
  callback,
  listOf,
  map,
  number,
  objectOf,
  oneOf,
  optional,
} from "../arguments/checks.ts";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import type { RunInputs } from "../graph/executable.ts";
import type { Graph } from "../graph/graph.ts";
import { graphCheck, valueCheck } from "../graph/operand-checks.ts";
import { requireShape } from "../graph/operands.ts";
import type { Value } from "../graph/value.ts";
import { add, multiply } from "../operations/combine/operation.ts";
import { distillationLoss, meanSquaredError } from "./losses.ts";
import { requireNotNegative } from "./settings.ts";
import type { DisposableTask } from "./tasks.ts";

/** Hidden states of a student and of its teacher, such as outputs of operations of both graphs. */
export interface DistilledStates {
  /** Values of the graph of the task and of that of the teacher, each pair of one shape: at least one. */
  readonly pairs: readonly (readonly [student: Value, teacher: Value])[];
  /** What the mean of their mean squared errors is multiplied by, from 0 on. */
  readonly weight: number;
}

export interface DistilledTaskOptions {
  /** Of the model that is learned from, traced for the same shape: its output is `logits`. */
  readonly teacher: Graph;
  /** What logits are divided by, as `distillationLoss` has it; 1 unless given. */
  readonly temperature?: number;
  /** Hidden states that are to be the teacher's, too; none unless given. */
  readonly hidden?: DistilledStates | undefined;
  /** By which the teacher is computed; the readable `reference` unless given. */
  readonly kernels?: "reference" | "wasm";
}

const pairCheck: Check = (name, value) => {
  listOf(valueCheck)(name, value);
  const { length } = value as readonly unknown[];
  if (length !== 2) throw wrongArgument(name, describeValue(value), "a value of each graph");
};

const optionsCheck = objectOf({
  hidden: optional(objectOf({ pairs: listOf(pairCheck), weight: requireNotNegative })),
  teacher: graphCheck,
  temperature: optional(number),
  kernels: optional(oneOf("reference", "wasm")),
});

const taskCheck = objectOf({
  graph: graphCheck,
  loss: valueCheck,
  parameters: map,
  batch: callback,
  evaluate: optional(callback),
});

/**
 * A task with the logits of a teacher, too: its loss is that of the task and that of `distillationLoss`, added, and the
 * mean squared error of hidden states where they are given. Those of the teacher become outputs of its graph. The
 * evaluation stays that of the task, which is disposed of with this one.
 *
 * @param task before it is trained, of a graph with the output `logits`
 * @throws PapilioError `OPTION_INVALID`; `GRAPH_SHAPE` for a teacher of other logits or hidden states; `GRAPH_MIXED`
 */
export function distilledTask(task: DisposableTask, options: DistilledTaskOptions): DisposableTask {
  taskCheck("the task", task);
  optionsCheck("distilledTask", options);
  const { teacher, temperature = 1, hidden, kernels = "reference" } = options;
  const { graph } = task;
  const [student, known] = [graph, teacher].map((one) => one.outputs.get("logits"));
  const { vectors, features } = requireSame(student, known);
  const given = graph.input("teacher", { vectors, features });
  const soft = distillationLoss(student as Value, given, { temperature });
  const states = hidden && addStates(graph, teacher, hidden);
  const loss = add(task.loss, soft);
  const model = new CpuModel(teacher, { kernels });
  return {
    ...task,
    loss: states === undefined ? loss : add(loss, states.loss),
    batch: async (run) => {
      const inputs = await task.batch(run);
      const asked = [...teacher.inputs.keys()].map((name) => [name, inputs[name]]);
      const { logits, ...found } = await model.run(Object.fromEntries(asked) as RunInputs);
      return { ...inputs, teacher: logits as Float32Array, ...states?.inputsOf(found) };
    },
    [Symbol.dispose]: () => {
      model.dispose();
      task[Symbol.dispose]();
    },
  };
}

const WEIGHT = "teacher.weight";

/** Adds the loss of hidden states to the graph of a student, and outputs to that of its teacher. */
function addStates(
  graph: Graph,
  teacher: Graph,
  { pairs, weight }: DistilledStates,
): {
  readonly loss: Value;
  /** Of outputs of the teacher, what the student's graph takes. */
  readonly inputsOf: (outputs: Readonly<Record<string, Float32Array>>) => RunInputs;
} {
  requireWhole("The number of pairs of hidden states", pairs.length, 1);
  for (const [own, known] of pairs) {
    if (own.graph === graph && known.graph === teacher) continue;
    throw new PapilioError(
      "GRAPH_MIXED",
      "A hidden state belongs to another graph than that of the task or of the teacher.",
      "Give pairs of a value of the task's graph and one of the teacher's.",
    );
  }
  const names = pairs.map((_, at) => `teacher.hidden.${at}`);
  const errors = pairs.map(([own, known], at) => {
    const { vectors, features } = known;
    requireShape("", own, vectors, features);
    const name = names[at] as string;
    teacher.output(name, known);
    return meanSquaredError(own, graph.input(name, { vectors, features }));
  });
  const share = graph.input(WEIGHT, { vectors: 1, features: 1 });
  return {
    loss: multiply(
      errors.reduce((sum, error) => add(sum, error)),
      share,
    ),
    inputsOf: (outputs) => ({
      ...Object.fromEntries(names.map((name) => [name, outputs[name] as Float32Array])),
      [WEIGHT]: Float32Array.of(weight / pairs.length),
    }),
  };
}

function requireSame(student: Value | undefined, teacher: Value | undefined): Value {
  const shapeOf = (value: Value | undefined): string =>
    value === undefined ? "none" : `[${value.vectors}, ${value.features}]`;
  if (student !== undefined && shapeOf(student) === shapeOf(teacher)) return student;
  throw new PapilioError(
    "GRAPH_SHAPE",
    `The logits of the teacher are ${shapeOf(teacher)}, and those of the task ${shapeOf(student)}.`,
    "Give a teacher of the same classes or tokens, traced for the same shape.",
  );
}
