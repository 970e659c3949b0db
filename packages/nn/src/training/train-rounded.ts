import { PapilioError } from "@papilio/butterfly";
import { requireArray, requireObject, requireOneOf } from "@papilio/butterfly/errors";
import { CODE_GRIDS, FEW_BITS, type FewBits } from "@papilio/butterfly/numeric";
import { roundToScales } from "@papilio/butterfly/rounding";
import { callback, map, optional } from "../arguments/checks.ts";
import type { Parameter } from "../modules/parameter.ts";
import type { Evaluation } from "./evaluation.ts";
import {
  requireTask,
  type TrainingTask,
  type TrainOptions,
  type TrainResult,
  train,
} from "./train.ts";

/** The numbers of few bits that a parameter may have. */
export interface RoundedNumbers {
  readonly dtype: FewBits;
  /** The scale of each number, as `valueScales` of `@papilio/butterfly/rounding` has it. */
  readonly scales: Float32Array;
}

export interface TrainRoundedOptions
  extends Omit<
    TrainOptions,
    "gpu" | "dtype" | "state" | "keepEvery" | "onState" | "project" | "multipliers"
  > {
  /**
   * Parameters of the task that stay rounded; others are trained as usual. The learning rate of each, rounded or not, is
   * multiplied by the root mean square of its numbers, or by twelve times the half of the step between rounded numbers where
   * that is more, as in four bits and fewer.
   */
  readonly rounded: ReadonlyMap<Parameter, RoundedNumbers>;
}

/** How a training of rounded parameters ended. */
export interface TrainRoundedResult extends TrainResult {
  /** What the task measured before the first step; undefined for a task that measures nothing. */
  readonly before: Evaluation | undefined;
  /** What it measures of the numbers that the parameters have now: at most the loss of `before`. */
  readonly evaluation: Evaluation | undefined;
}

/**
 * Trains parameters of few bits: the loss is that of the rounded numbers, its gradients change numbers in full precision
 * that stand behind them, and these are rounded again, each to the nearest of its scale. Scales stay. Afterwards the
 * parameters have the rounded numbers that the task measured as best, those before the first step among them, or the last ones
 * where it measures nothing: `quantizeValues` keeps them.
 *
 * Source: the straight-through estimator (arXiv 1308.3432).
 *
 * @param task whose parameters have the numbers that are rounded first: best those of a rounding that knows the model
 * @throws PapilioError `OPTION_INVALID`, `ARRAY_TYPE`; `INPUT_LENGTH` unless there is a scale of each number; what `train` throws
 *
 * @example
 * ```ts
 * const [quantized] = await roundButterfly(matrix, "q4");
 * parameter.values = dequantizeValues(quantized);
 * const rounded = new Map([[parameter, { dtype: "q4", scales: valueScales(quantized) }]]);
 * await trainRounded(task, { rounded, optimizer: { kind: "adamw" }, rate: 1e-3, steps: 500 });
 * const trained = quantizeValues(parameter.values, quantized.shape, "q4");
 * ```
 */
export async function trainRounded(
  task: TrainingTask,
  options: TrainRoundedOptions,
): Promise<TrainRoundedResult> {
  requireTask(task);
  requireObject("The options of trainRounded", options, "TrainRoundedOptions", "rounded");
  const { rounded, ...others } = options;
  optional(callback)("onStep", others.onStep);
  const latent = latentNumbers(task, rounded);
  const { evaluate } = task;
  const parameters = [...new Set(task.parameters.values())];
  for (const one of latent) one.round();
  const before = await evaluate?.();
  let best = before && { evaluation: before, values: copied(parameters) };
  const result = await train(task, {
    ...others,
    multipliers: new Map(parameters.map((one) => [one, multiplierOf(one, rounded.get(one))])),
    project: () => {
      for (const one of latent) one.follow();
    },
    onStep: async (report, evaluation) => {
      if (
        evaluation !== undefined &&
        best !== undefined &&
        evaluation.loss < best.evaluation.loss
      ) {
        best = { evaluation, values: copied(parameters) };
      }
      await others.onStep?.(report, evaluation);
    },
  });
  if (best !== undefined) {
    for (const [at, { values }] of parameters.entries())
      values.set(best.values[at] as Float32Array);
  }
  return { ...result, before, evaluation: best?.evaluation };
}

/**
 * Half steps that a number goes, at most, in a step of a learning rate of 1. A run of 100 steps at 0.0015 and less, as
 * `warmupCosine` has it, then goes nearly one of them. Measured: half as many leave most codes of two and three bits where
 * they are in so many steps.
 */
const HALF_STEPS = 12;

/**
 * How far a number may go in a step of a learning rate of 1. A code changes when the number behind it has gone half of the
 * step between rounded numbers. Over the root mean square of normally distributed numbers that is 0.15 in `q4`, 0.3 in `q3`, 0.55
 * in `q2` and 1 in `q1`: a rate over the root mean square alone would change hardly any code of the last ones.
 */
function multiplierOf({ values }: Parameter, numbers: RoundedNumbers | undefined): number {
  const size = rootMeanSquare(values);
  const whole = numbers && CODE_GRIDS[numbers.dtype].whole;
  if (whole === undefined) return size;
  const halfStep = (whole.step / 2) * rootMeanSquare(numbers?.scales as Float32Array);
  return Math.max(size, HALF_STEPS * halfStep);
}

function rootMeanSquare(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
}

function copied(parameters: readonly Parameter[]): Float32Array[] {
  return parameters.map(({ values }) => values.slice());
}

/** The numbers behind those of a parameter, in full precision. */
class LatentNumbers {
  readonly #parameter: Parameter;
  readonly #to: RoundedNumbers;
  readonly #latent: Float32Array;
  #rounded: Float32Array;

  constructor(parameter: Parameter, to: RoundedNumbers) {
    this.#parameter = parameter;
    this.#to = to;
    this.#latent = parameter.values.slice();
    this.#rounded = this.#latent;
  }

  round(): void {
    const { scales, dtype } = this.#to;
    this.#rounded = roundToScales(this.#latent, scales, dtype);
    this.#parameter.values.set(this.#rounded);
  }

  /** Changes by as much as the parameter was, and rounds. */
  follow(): void {
    for (const [at, value] of this.#parameter.values.entries()) {
      const change = value - (this.#rounded[at] as number);
      this.#latent[at] = (this.#latent[at] as number) + change;
    }
    this.round();
  }
}

function latentNumbers(
  task: TrainingTask,
  rounded: ReadonlyMap<Parameter, RoundedNumbers>,
): LatentNumbers[] {
  map("The rounded parameters", rounded);
  const known = new Set(task.parameters.values());
  return [...rounded].map(([parameter, numbers]) => {
    requireObject("The numbers of a parameter", numbers, "RoundedNumbers", "dtype", "scales");
    requireOneOf("The element type", numbers.dtype, FEW_BITS);
    requireArray("The scales", numbers.scales, "Float32Array");
    if (!known.has(parameter)) {
      throw new PapilioError(
        "OPTION_INVALID",
        "A parameter is to be rounded that the task does not train.",
        "Give parameters of the task.",
      );
    }
    if (numbers.scales.length !== parameter.length) {
      throw new PapilioError(
        "INPUT_LENGTH",
        `A parameter of ${parameter.length} numbers is given ${numbers.scales.length} scales.`,
        "Give the scale of each number.",
      );
    }
    return new LatentNumbers(parameter, numbers);
  });
}
