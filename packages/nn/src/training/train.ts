import { PapilioError } from "@papilio/butterfly";
import { requireObject, requireSignal, requireWhole } from "@papilio/butterfly/errors";
import { callback, map, optional } from "../arguments/checks.ts";
import type { RunInputs } from "../graph/executable.ts";
import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import type { Parameter } from "../modules/parameter.ts";
import type { Evaluation } from "./evaluation.ts";
import { type StepReport, Trainer } from "./trainer.ts";
import type { TrainerOptions } from "./trainer-options.ts";
import type { TrainerState } from "./trainer-state.ts";

/** What is trained: a loss, what it is computed of, and how it is measured. */
export interface TrainingTask {
  readonly graph: Graph;
  readonly loss: Value;
  /** By their names in checkpoints. */
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** The inputs of a run, by its number from 0: the same number always gives the same. */
  readonly batch: (run: number) => RunInputs | Promise<RunInputs>;
  /** Measures what is not trained on, by the numbers that the parameters have then. */
  readonly evaluate?: (() => Promise<Evaluation>) | undefined;
}

export interface TrainOptions extends TrainerOptions {
  /** Steps in all, those before `state` among them. */
  readonly steps: number;
  /** Steps between two evaluations; one follows the last step in any case. The last one alone unless given. */
  readonly evaluateEvery?: number | undefined;
  /** Steps between two states that are kept; one follows the last step in any case. The last one alone unless given. */
  readonly keepEvery?: number | undefined;
  /** Called after each step, with what was measured after it. */
  readonly onStep?: (
    report: StepReport,
    evaluation: Evaluation | undefined,
  ) => void | Promise<void>;
  /** Keeps a state: before any step, at times, after the last step, and when the signal aborts. */
  readonly onState?: (state: TrainerState) => void | Promise<void>;
  /**
   * Called after each step, before anything is measured or kept, with the numbers of the parameters in them: it may change
   * these in place, as a projection onto the numbers that are allowed. Not on a device. A state that is kept has the
   * changed ones.
   */
  readonly project?: (() => void) | undefined;
  /** Ends the training after the step that is under way. */
  readonly signal?: AbortSignal | undefined;
}

/** How a training ended. */
export interface TrainResult {
  /** Steps that were taken in all. */
  readonly steps: number;
  /** Whether the signal ended it. */
  readonly stopped: boolean;
  /** Of the last step; undefined where there was none. */
  readonly last: StepReport | undefined;
  readonly evaluation: Evaluation | undefined;
}

/**
 * Trains by a number of steps. With the same task, options and kernels each step is the same bit by bit, also where it goes
 * on from a state: batches depend on their number alone. Parameters have their numbers afterwards.
 *
 * A step whose loss or gradient is not finite ends it with `TRAINING_DIVERGED`: no state is kept after the last good one.
 *
 * @throws PapilioError `OPTION_INVALID`; what the constructor and `step` of {@link Trainer} throw; what callbacks throw
 *
 * @example
 * ```ts
 * const result = await train(
 *   { graph, loss, parameters: model.namedParameters(), batch: () => ({ x, labels }) },
 *   { optimizer: { kind: "adamw" }, rate: 1e-2, steps: 10 },
 * );
 * ```
 */
export async function train(task: TrainingTask, options: TrainOptions): Promise<TrainResult> {
  requireTask(task);
  requireObject("The options of train", options, "TrainOptions");
  const { steps, evaluateEvery = 0, keepEvery = 0, onStep, onState, signal, project } = options;
  requireWhole("The number of steps", steps, 0);
  requireWhole("evaluateEvery", evaluateEvery, 0);
  requireWhole("keepEvery", keepEvery, 0);
  optional(callback)("onStep", onStep);
  optional(callback)("onState", onState);
  optional(callback)("project", project);
  if (project !== undefined && options.gpu !== undefined) {
    throw new PapilioError(
      "OPTION_INVALID",
      "Numbers are to be changed after each step, and a device keeps them in its own memory.",
      "Train on the CPU, or leave project out.",
    );
  }
  if (signal !== undefined) requireSignal(signal);
  const { accumulate = 1 } = options;
  using trainer = new Trainer(task.graph, task.loss, [...task.parameters.values()], options);
  const isDue = (every: number): boolean => every > 0 && trainer.steps % every === 0;
  let last: StepReport | undefined;
  let evaluation: Evaluation | undefined;
  let kept = -1;
  const keep = async (): Promise<void> => {
    if (kept === trainer.steps) return;
    kept = trainer.steps;
    await onState?.(await trainer.state());
  };
  await keep();
  while (trainer.steps < steps && !signal?.aborted) {
    const first = trainer.steps * accumulate;
    const batches: RunInputs[] = [];
    for (let at = 0; at < accumulate; at++) batches.push(await task.batch(first + at));
    last = await trainer.step(batches);
    if (project !== undefined) await trainer.change(project);
    const isLast = trainer.steps === steps;
    evaluation = undefined;
    if (task.evaluate !== undefined && (isLast || isDue(evaluateEvery))) {
      await trainer.read();
      evaluation = await task.evaluate();
    }
    await onStep?.(last, evaluation);
    if (isLast || isDue(keepEvery)) await keep();
  }
  await keep();
  await trainer.read();
  return { steps: trainer.steps, stopped: trainer.steps < steps, last, evaluation };
}

/** Throws `OPTION_INVALID`. */
export function requireTask(task: TrainingTask): void {
  requireObject("The task", task, "TrainingTask", "graph", "loss", "parameters", "batch");
  map("The parameters", task.parameters);
  callback("batch", task.batch);
  optional(callback)("evaluate", task.evaluate);
}
