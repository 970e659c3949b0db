import { PapilioError } from "@papilio/butterfly";
import { requireArray, requireObject, requireWhole } from "@papilio/butterfly/errors";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import type { Graph } from "../graph/graph.ts";
import { valueCheck } from "../graph/operand-checks.ts";
import type { Value } from "../graph/value.ts";
import { shuffledBatches } from "./batches.ts";
import { type Evaluation, Evaluator } from "./evaluation.ts";
import { pickedRows } from "./labelled-images.ts";
import { meanSquaredError } from "./losses.ts";
import {
  type DisposableTask,
  exampleRuns,
  requireTaskOptions,
  type TaskOptions,
  traced,
  withLoss,
} from "./tasks.ts";

/** Rows of a table as numbers, and what is to be predicted of each. */
export interface TargetedRows {
  /** One row after another. */
  readonly features: Float32Array;
  /** Numbers of classes, or numbers. */
  readonly targets: Uint32Array | Float32Array;
}

export interface TableTaskOptions extends TaskOptions {
  /** `trace` of a perceptron: input `features`, output `logits` or `prediction`. */
  readonly trace: (shape: { readonly vectors: number }) => Graph;
  /** Numbers of each row. */
  readonly inFeatures: number;
  readonly train: TargetedRows;
  readonly validation?: TargetedRows | undefined;
  /** What is measured by `test` alone. */
  readonly test?: TargetedRows | undefined;
}

/** A task on a table. */
export interface TableTask extends DisposableTask {
  /** How well the model does on what neither training nor validation has; none without such rows. */
  readonly test?: (() => Promise<Evaluation>) | undefined;
}

/**
 * Predicting a column of a table: classes by cross-entropy, numbers by the mean squared error.
 *
 * @throws PapilioError `OPTION_INVALID`, `ARRAY_TYPE`; `INPUT_LENGTH` where features and targets do not fit each other
 */
export function tableTask(options: TableTaskOptions): TableTask {
  requireTaskOptions("tableTask", options);
  const { parameters, batch, seed, trace, inFeatures, train, validation, test } = options;
  requireWhole("inFeatures", inFeatures, 1);
  const classifies = !(train?.targets instanceof Float32Array);
  for (const [name, rows] of Object.entries({ train, validation, test })) {
    if (rows !== undefined || name === "train") requireRows(name, rows, inFeatures, classifies);
  }
  const order = shuffledBatches({ examples: train.targets.length, batch, seed });
  const { graph, loss } = classifies
    ? withLoss(traced(trace({ vectors: batch })), batch, options)
    : withSquaredError(traced(trace({ vectors: batch })), batch);
  const kernels = options.kernels ?? "reference";
  const held: (Evaluator | SquaredErrors)[] = [];
  const evaluatorOf = (rows: TargetedRows | undefined): (() => Promise<Evaluation>) | undefined => {
    if (rows === undefined) return undefined;
    const { features: images, targets } = rows;
    const evaluator =
      targets instanceof Float32Array
        ? new SquaredErrors(trace({ vectors: batch }), kernels, rows, inFeatures, batch)
        : new Evaluator(trace({ vectors: batch }), kernels, () =>
            exampleRuns("features", { images, labels: targets }, inFeatures, batch),
          );
    held.push(evaluator);
    return () => evaluator.measure();
  };
  return {
    ...{ graph, loss, parameters },
    batch: (run) => {
      const rows = order(run);
      const { targets } = train;
      const features = pickedRows(train.features, inFeatures, rows);
      return targets instanceof Float32Array
        ? { features, target: pickedRows(targets, 1, rows) }
        : { features, labels: Uint32Array.from(rows, (row) => targets[row] as number) };
    },
    evaluate: evaluatorOf(validation),
    test: evaluatorOf(test),
    [Symbol.dispose]: () => {
      for (const evaluator of held) evaluator[Symbol.dispose]();
    },
  };
}

function withSquaredError(
  graph: Graph,
  vectors: number,
): { readonly graph: Graph; readonly loss: Value } {
  const prediction = graph.outputs.get("prediction");
  valueCheck("What trace() has as the output prediction", prediction);
  const target = graph.input("target", { vectors, features: 1 });
  return { graph, loss: meanSquaredError(prediction as Value, target) };
}

/** Measures predictions of numbers. */
class SquaredErrors implements Disposable {
  readonly #model: CpuModel;
  readonly #rows: TargetedRows;
  readonly #each: number;
  readonly #batch: number;

  constructor(
    graph: Graph,
    kernels: "reference" | "wasm",
    rows: TargetedRows,
    each: number,
    batch: number,
  ) {
    this.#model = new CpuModel(graph, { kernels });
    this.#rows = rows;
    this.#each = each;
    this.#batch = batch;
  }

  async measure(): Promise<Evaluation> {
    await this.#model.renewParameters();
    const { features, targets } = this.#rows;
    const count = targets.length;
    let sum = 0;
    for (const target of targets) sum += target;
    const mean = sum / count;
    let [errors, spread] = [0, 0];
    for (let first = 0; first < count; first += this.#batch) {
      const some = new Float32Array(this.#batch * this.#each);
      some.set(features.subarray(first * this.#each, (first + this.#batch) * this.#each));
      const { prediction = new Float32Array() } = await this.#model.run({ features: some });
      for (const [at, target] of targets.subarray(first, first + this.#batch).entries()) {
        errors += ((prediction[at] as number) - target) ** 2;
        spread += (target - mean) ** 2;
      }
    }
    return { loss: errors / count, determination: spread === 0 ? 0 : 1 - errors / spread };
  }

  [Symbol.dispose](): void {
    this.#model.dispose();
  }
}

function requireRows(
  name: string,
  rows: TargetedRows | undefined,
  each: number,
  classifies: boolean,
): void {
  requireObject(`The rows for ${name}`, rows, "TargetedRows");
  const { features, targets } = rows as TargetedRows;
  requireArray(`The features for ${name}`, features, "Float32Array");
  requireArray(`The targets for ${name}`, targets, classifies ? "Uint32Array" : "Float32Array");
  requireWhole(`The number of targets for ${name}`, targets.length, 1);
  if (features.length === each * targets.length) return;
  throw new PapilioError(
    "INPUT_LENGTH",
    `The features for ${name} have ${features.length} numbers, and ${targets.length} targets of ${each} each.`,
    "Give a target for each row.",
  );
}
