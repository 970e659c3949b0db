import { PapilioError } from "@papilio/butterfly";
import { callback, map, number, objectOf, oneOf, optional } from "../arguments/checks.ts";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import type { RunInputs } from "../graph/executable.ts";
import type { Graph } from "../graph/graph.ts";
import { graphCheck, valueCheck } from "../graph/operand-checks.ts";
import type { Value } from "../graph/value.ts";
import { add } from "../operations/combine/operation.ts";
import { distillationLoss } from "./losses.ts";
import type { DisposableTask } from "./tasks.ts";

export interface DistilledTaskOptions {
  /** Of the model that is learned from, traced for the same shape: its output is `logits`. */
  readonly teacher: Graph;
  /** What logits are divided by, as `distillationLoss` has it; 1 unless given. */
  readonly temperature?: number;
  /** By which the teacher is computed; the readable `reference` unless given. */
  readonly kernels?: "reference" | "wasm";
}

const optionsCheck = objectOf({
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
 * A task with the logits of a teacher, too: its loss is that of the task and that of `distillationLoss`, added. The
 * evaluation stays that of the task, which is disposed of with this one.
 *
 * @param task before it is trained, of a graph with the output `logits`
 * @throws PapilioError `OPTION_INVALID`; `GRAPH_SHAPE` for a teacher of other logits
 */
export function distilledTask(task: DisposableTask, options: DistilledTaskOptions): DisposableTask {
  taskCheck("the task", task);
  optionsCheck("distilledTask", options);
  const { teacher, temperature = 1, kernels = "reference" } = options;
  const { graph } = task;
  const [student, known] = [graph, teacher].map((one) => one.outputs.get("logits"));
  const { vectors, features } = requireSame(student, known);
  const given = graph.input("teacher", { vectors, features });
  const soft = distillationLoss(student as Value, given, { temperature });
  const model = new CpuModel(teacher, { kernels });
  return {
    ...task,
    loss: add(task.loss, soft),
    batch: async (run) => {
      const inputs = await task.batch(run);
      const asked = [...teacher.inputs.keys()].map((name) => [name, inputs[name]]);
      const { logits } = await model.run(Object.fromEntries(asked) as RunInputs);
      return { ...inputs, teacher: logits as Float32Array };
    },
    [Symbol.dispose]: () => {
      model.dispose();
      task[Symbol.dispose]();
    },
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
