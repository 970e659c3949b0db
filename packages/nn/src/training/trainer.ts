import { PapilioError } from "@papilio/butterfly";
import { requireFunction, requireObject } from "@papilio/butterfly/errors";
import { listOf } from "../arguments/checks.ts";
import { modelDisposed, type RunInputs } from "../graph/executable.ts";
import type { Graph } from "../graph/graph.ts";
import { parameterCheck } from "../graph/operand-checks.ts";
import type { Value } from "../graph/value.ts";
import type { Parameter } from "../modules/parameter.ts";
import { LossScale } from "./loss-scale.ts";
import { corrections, type OptimizerOptions, updateRule } from "./optimizer.ts";
import type { Schedule } from "./schedule.ts";
import { requireNotNegative } from "./settings.ts";
import { addStep, type OptimizerStates, STEP_NAMES } from "./step-graph.ts";
import { requireTrainerOptions, type TrainerOptions } from "./trainer-options.ts";
import { requireTrainerState, type TrainerState } from "./trainer-state.ts";
import { CpuTrainingPlace, DeviceTrainingPlace, type TrainingPlace } from "./training-place.ts";

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
 * Trains the parameters of a graph: a step is one run of a program, which computes the loss and its gradients, updates the
 * parameters in memory of its own, and packs them again. The same numbers and inputs give the same steps, bit by bit, with
 * the same kernels.
 *
 * By the kernels in WebAssembly, and on a device, `values` of a parameter throws `PARAMETER_UNREAD` from a step on until {@link Trainer.read}
 * has copied the numbers there. The reference changes them in place.
 *
 * @example
 * ```ts
 * const trainer = new Trainer(graph, loss, [...model.namedParameters().values()], {
 *   optimizer: { kind: "adamw" },
 *   rate: warmupCosine({ rate: 3e-3, warmup: 20, steps: 400 }),
 *   multipliers: factorRates(graph),
 * });
 * const { loss: before } = await trainer.step([{ x, labels }]);
 * await trainer.read();
 * ```
 */
export class Trainer implements Disposable {
  readonly #place: TrainingPlace;
  readonly #parameters: readonly Parameter[];
  readonly #names: readonly OptimizerStates[];
  readonly #optimizer: OptimizerOptions;
  readonly #rate: Schedule;
  readonly #most: number;
  readonly #scale: LossScale;
  readonly #scales: boolean;
  #steps = 0;
  #last: Promise<unknown> = Promise.resolve();
  /** Calls that have not ended. */
  #pending = 0;
  /** Whether parameters are to be brought. */
  #unread = false;
  #disposed = false;

  /**
   * Adds a step to the graph, and the loss to its outputs.
   *
   * @param loss one number
   * @param parameters what is trained
   * @throws PapilioError `OPTION_INVALID`; `F16_UNAVAILABLE`; `GRAPH_NAME` for a graph that a trainer has already; `TRAINER_STATE`; what
   *   `gradient` throws
   */
  constructor(
    graph: Graph,
    loss: Value,
    parameters: readonly Parameter[],
    options: TrainerOptions,
  ) {
    listOf(parameterCheck)("The parameters", parameters);
    requireTrainerOptions(options);
    const { optimizer, rate, multipliers, decay = 0, decays, kernels = "reference" } = options;
    const { clip, accumulate = 1, state, gpu, keptBytes, dtype = "f32" } = options;
    const kept = keptBytes === undefined ? {} : { keptBytes };
    this.#parameters = [...new Set(parameters)];
    if (state !== undefined) requireTrainerState(state, this.#parameters, optimizer.kind);
    const trained = this.#parameters.map((parameter) => ({
      parameter,
      rule: updateRule(
        optimizer,
        multipliers?.get(parameter) ?? 1,
        parameter.shape.length > 1 ? decay * (decays?.get(parameter) ?? 1) : 0,
      ),
    }));
    this.#names = addStep(graph, loss, trained, {
      ...{ clip, accumulates: accumulate > 1, scales: dtype === "f16" },
    });
    this.#place =
      gpu === undefined
        ? new CpuTrainingPlace(graph, kernels, kept)
        : new DeviceTrainingPlace(graph, gpu, dtype, kept);
    this.#scales = dtype === "f16";
    this.#scale = new LossScale(this.#scales);
    this.#optimizer = optimizer;
    this.#rate = typeof rate === "number" ? () => rate : rate;
    this.#most = accumulate;
    if (state !== undefined) this.#restore(state);
  }

  /** Steps so far. */
  get steps(): number {
    return this.#steps;
  }

  /**
   * One step by the mean of the gradients of some runs. Steps follow one another: a second one waits for the first.
   *
   * @param batches the inputs of each run: at least one, and at most as many as `accumulate` says
   * @throws PapilioError `TRAINING_DIVERGED`, and then has changed nothing; `OPTION_INVALID`; what a run throws
   */
  step(batches: readonly RunInputs[]): Promise<StepReport> {
    return this.#inTurn(() => this.#step(batches));
  }

  /**
   * Copies the numbers of the parameters into them, after the steps that have begun: `values` has them until the next step.
   *
   * @throws PapilioError `MODEL_DISPOSED`
   */
  read(): Promise<void> {
    return this.#inTurn(() => this.#read());
  }

  /**
   * @internal Lets numbers of the parameters be changed in place between two steps, on the CPU: the next one takes them.
   *
   * @throws PapilioError `MODEL_DISPOSED`, `OPTION_INVALID`
   */
  change(by: () => void): Promise<void> {
    requireFunction("What changes the parameters", by);
    return this.#inTurn(async () => {
      await this.#read();
      by();
      await this.#place.renewParameters?.();
    });
  }

  /**
   * All that another trainer of the same parameters needs to go on, bit by bit as this one would: copies, after the steps
   * that have begun.
   *
   * @throws PapilioError `MODEL_DISPOSED`
   */
  state(): Promise<TrainerState> {
    return this.#inTurn(async () => {
      await this.#read();
      const all = (names: readonly (string | undefined)[]): Promise<Float32Array[]> =>
        Promise.all(
          names.filter((name) => name !== undefined).map((name) => this.#place.readState(name)),
        );
      return {
        steps: this.#steps,
        parameters: this.#parameters.map(({ values }) => values.slice()),
        momentum: await all(this.#names.map(({ momentum }) => momentum)),
        squares: await all(this.#names.map(({ squares }) => squares)),
        ...(this.#scales && { lossScale: this.#scale.state }),
      };
    });
  }

  /**
   * Frees what it holds. On the CPU, the parameters have their numbers afterwards, unless a step is under way. Safe to call
   * twice.
   */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.#unread && this.#pending === 0 && this.#place.bringParametersNow())
      this.#unread = false;
    this.#place[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #inTurn<T>(call: () => Promise<T>): Promise<T> {
    this.#pending++;
    const result = this.#last.then(async () => {
      try {
        if (this.#disposed) throw modelDisposed();
        return await call();
      } finally {
        this.#pending--;
      }
    });
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #read(): Promise<void> {
    if (!this.#unread) return;
    await this.#place.bringParameters();
    this.#unread = false;
  }

  #restore({ steps, parameters, momentum, squares, lossScale }: TrainerState): void {
    this.#steps = steps;
    if (this.#scales && lossScale !== undefined) this.#scale.state = lossScale;
    for (const [at, { momentum: first, squares: second }] of this.#names.entries()) {
      this.#parameters[at]?.values.set(parameters[at] as Float32Array);
      this.#place.writeState(first, momentum[at] as Float32Array);
      if (second !== undefined) this.#place.writeState(second, squares[at] as Float32Array);
    }
  }

  async #step(batches: readonly RunInputs[]): Promise<StepReport> {
    requireBatches(batches, this.#most);
    const step = this.#steps;
    const rate = this.#rate(step);
    requireNotNegative(`The learning rate of step ${step}`, rate);
    let found = await this.#runs(batches, rate);
    while (!found.taken && Number.isFinite(found.loss) && this.#scale.shrink()) {
      found = await this.#runs(batches, rate);
    }
    const { loss, norm } = found;
    if (!found.taken) throw diverged(step, loss, norm);
    this.#scale.grow();
    if (this.#place.hasOwnNumbers) {
      this.#unread = true;
      for (const parameter of this.#parameters) parameter.leaveElsewhere();
    }
    this.#steps++;
    return { step, loss, norm, rate };
  }

  /** The runs of a step, the last of which takes it where all is finite. */
  async #runs(
    batches: readonly RunInputs[],
    rate: number,
  ): Promise<{ readonly taken: boolean; readonly loss: number; readonly norm: number }> {
    const { scale } = this.#scale;
    const share = 1 / batches.length;
    const means = corrections(this.#optimizer, this.#steps);
    let loss = 0;
    let settings: Float32Array | undefined;
    for (const [at, batch] of batches.entries()) {
      const own = at === batches.length - 1 ? rate : -1;
      const outputs = await this.#place.run({
        ...batch,
        [STEP_NAMES.given]: Float32Array.of(own, share / scale, ...means, at),
        ...(this.#scales && { [STEP_NAMES.scale]: Float32Array.of(scale) }),
      });
      loss += (outputs[STEP_NAMES.loss]?.[0] as number) * share;
      settings = outputs[STEP_NAMES.settings];
    }
    const [taken = -1, , , , norm = Number.NaN] = settings ?? [];
    return { taken: taken >= 0, loss, norm };
  }
}

function requireBatches(batches: readonly RunInputs[], most: number): void {
  listOf((name, value) => requireObject(name, value, "inputs by their names"))(
    "The batches",
    batches,
  );
  if (batches.length >= 1 && batches.length <= most) return;
  throw new PapilioError(
    "OPTION_INVALID",
    `A step has ${batches.length} batches, and takes from 1 to ${most}.`,
    "Give at least one, and `accumulate` to the trainer for several.",
  );
}

function diverged(step: number, loss: number, norm: number): PapilioError {
  return new PapilioError(
    "TRAINING_DIVERGED",
    `In step ${step} the loss is ${loss}, and the norm of its gradient ${norm}.`,
    "Lower the learning rate, clip gradients, or check the data and the first numbers of the parameters.",
  );
}
