import { PapilioError } from "@papilio/butterfly";
import { requireObject, requireOneOf } from "@papilio/butterfly/errors";
import { callback, either, listOf, map, number } from "../arguments/checks.ts";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import type { RunInputs } from "../graph/executable.ts";
import type { Graph } from "../graph/graph.ts";
import { parameterCheck } from "../graph/operand-checks.ts";
import type { Value } from "../graph/value.ts";
import type { Parameter } from "../modules/parameter.ts";
import { renewTransposed } from "../operations/linear/transpose.ts";
import { gradient } from "./gradient.ts";
import { Optimizer, type OptimizerOptions, requireOptimizer } from "./optimizer.ts";
import type { Schedule } from "./schedule.ts";
import { requireNotNegative } from "./settings.ts";

export interface TrainerOptions {
  readonly optimizer: OptimizerOptions;
  /** The learning rate, or that of each step. */
  readonly rate: number | Schedule;
  /** What the rate of some parameters is multiplied by, as `factorRates` has it; 1 for the others. */
  readonly multipliers?: ReadonlyMap<Parameter, number>;
  /** The weight decay of parameters of two axes and more: not of biases and norms. 0 unless given. */
  readonly decay?: number;
  /** The largest norm of all gradients together, above which they are scaled down to it. */
  readonly clip?: number | undefined;
  /**
   * What computes the loss and its gradients: the readable `reference`, unless given, or the kernels in WebAssembly on
   * all threads.
   */
  readonly kernels?: "reference" | "wasm";
}

/** What a step has found. */
export interface StepReport {
  /** From 0. */
  readonly step: number;
  /** The loss before the step; the mean where the gradients of several runs are accumulated. */
  readonly loss: number;
  /** The norm of all gradients together, before it is clipped. */
  readonly norm: number;
  /** The learning rate. */
  readonly rate: number;
}

/**
 * Trains the parameters of a graph on the CPU: gradients are operations of the graph, and the numbers of parameters are
 * changed in place after each run. The same numbers and inputs give the same steps, bit by bit, with the same kernels.
 *
 * @example
 * ```ts
 * const trainer = new Trainer(graph, loss, [...model.namedParameters().values()], {
 *   optimizer: { kind: "adamw" },
 *   rate: warmupCosine({ rate: 3e-3, warmup: 20, steps: 400 }),
 *   multipliers: factorRates(graph),
 * });
 * const { loss: before } = await trainer.step([{ x, labels }]);
 * ```
 */
export class Trainer implements Disposable {
  readonly #model: CpuModel;
  readonly #parameters: readonly Parameter[];
  readonly #optimizer: Optimizer;
  readonly #rate: Schedule;
  readonly #multipliers: ReadonlyMap<Parameter, number>;
  readonly #decay: number;
  readonly #clip: number;
  #steps = 0;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Adds the loss and the gradients to the outputs of the graph.
   *
   * @param loss one number
   * @param parameters what is trained
   * @throws PapilioError `OPTION_INVALID`; `GRAPH_NAME` for a graph that a trainer has already; what `gradient` throws
   */
  constructor(
    graph: Graph,
    loss: Value,
    parameters: readonly Parameter[],
    options: TrainerOptions,
  ) {
    listOf(parameterCheck)("The parameters", parameters);
    requireObject("The options of a trainer", options, "TrainerOptions");
    const { optimizer, rate, multipliers = new Map(), decay = 0, clip = Infinity } = options;
    const { kernels = "reference" } = options;
    requireOptimizer(optimizer);
    requireOneOf("The choice of kernels", kernels, ["reference", "wasm"]);
    either(callback, number)("The learning rate", rate);
    if (typeof rate === "number") requireNotNegative("The learning rate", rate);
    map("The multipliers", multipliers);
    for (const multiplier of multipliers.values()) requireNotNegative("A multiplier", multiplier);
    requireNotNegative("The weight decay", decay);
    if (options.clip !== undefined) requireNotNegative("The largest norm", clip);
    this.#parameters = [...new Set(parameters)];
    const gradients = gradient(graph, loss, this.#parameters);
    graph.output("training.loss", loss);
    for (const [at, value] of gradients.entries()) graph.output(`training.gradient.${at}`, value);
    this.#model = new CpuModel(graph, { kernels });
    this.#optimizer = new Optimizer(optimizer);
    this.#rate = typeof rate === "number" ? () => rate : rate;
    this.#multipliers = multipliers;
    this.#decay = decay;
    this.#clip = clip;
  }

  /** Steps so far. */
  get steps(): number {
    return this.#steps;
  }

  /**
   * One step by the mean of the gradients of some runs. Steps follow one another: a second one waits for the first.
   *
   * @param batches the inputs of each run, at least one
   * @throws PapilioError `TRAINING_DIVERGED`, and then has changed nothing; `OPTION_INVALID`; what a run throws
   */
  step(batches: readonly RunInputs[]): Promise<StepReport> {
    const report = this.#last.then(() => this.#step(batches));
    this.#last = report.catch(() => undefined);
    return report;
  }

  /** Frees what it holds, and leaves the parameters as they are. Safe to call twice. */
  dispose(): void {
    this.#model.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async #step(batches: readonly RunInputs[]): Promise<StepReport> {
    requireBatches(batches);
    const step = this.#steps;
    const gradients = this.#parameters.map(({ length }) => new Float64Array(length));
    let loss = 0;
    for (const batch of batches) {
      const outputs = await this.#model.run(batch);
      loss += (outputs["training.loss"]?.[0] as number) / batches.length;
      for (const [at, sum] of gradients.entries()) {
        const found = outputs[`training.gradient.${at}`] as Float32Array;
        for (let index = 0; index < sum.length; index++) {
          sum[index] = (sum[index] as number) + (found[index] as number) / batches.length;
        }
      }
    }
    const norm = Math.sqrt(
      gradients.reduce((all, one) => one.reduce((sum, g) => sum + g * g, all), 0),
    );
    if (!Number.isFinite(loss) || !Number.isFinite(norm)) throw diverged(step, loss, norm);
    const rate = this.#rate(step);
    requireNotNegative(`The learning rate of step ${step}`, rate);
    const scale = norm > this.#clip ? this.#clip / norm : 1;
    for (const [at, parameter] of this.#parameters.entries()) {
      const change = {
        parameter,
        gradient: gradients[at] as Float64Array,
        scale,
        rate: rate * (this.#multipliers.get(parameter) ?? 1),
        decay: parameter.shape.length > 1 ? this.#decay : 0,
      };
      this.#optimizer.update(change, step);
      renewTransposed(parameter);
    }
    await this.#model.renewParameters();
    this.#steps++;
    return { step, loss, norm, rate };
  }
}

function requireBatches(batches: readonly RunInputs[]): void {
  listOf((name, value) => requireObject(name, value, "inputs by their names"))(
    "The batches",
    batches,
  );
  if (batches.length > 0) return;
  throw new PapilioError("OPTION_INVALID", "A step has no batch.", "Give at least one.");
}

function diverged(step: number, loss: number, norm: number): PapilioError {
  return new PapilioError(
    "TRAINING_DIVERGED",
    `In step ${step} the loss is ${loss}, and the norm of its gradient ${norm}.`,
    "Lower the learning rate, clip gradients, or check the data and the first numbers of the parameters.",
  );
}
