import { availableThreads } from "@papilio/butterfly/threads";
import type { Gpu } from "@papilio/gpu-runtime";
import type { RunInputs } from "@papilio/nn";
import type { Graph, Value } from "@papilio/nn/graph";
import type { Parameter } from "@papilio/nn/layers";
import { factorRates, type StepReport, Trainer } from "@papilio/nn/training";
import { gpu as gpuShape, requireShape } from "../arguments/checks.ts";
import type { Processor } from "../results/model-results.ts";

/** What is trained: the graph is for one trainer alone. */
export interface TrainedModel {
  readonly graph: Graph;
  readonly loss: Value;
  readonly parameters: readonly Parameter[];
  readonly inputs: RunInputs;
}

/** A model whose steps are timed. */
export interface PreparedTraining extends Disposable {
  /** Memory of it on an adapter; null on the CPU. */
  readonly bytes: number | null;
  /** A whole step: gradients, clipping, update. */
  run(): Promise<StepReport>;
}

/** What trains. */
export interface TrainingEngine {
  readonly processor: Processor;
  /** Threads that it computes on; null on an adapter. */
  readonly threads: number | null;
  prepare(model: TrainedModel): PreparedTraining;
}

/** How the models are trained: as transformers usually are. */
const OPTIONS = { optimizer: { kind: "adamw" }, rate: 1e-4, decay: 0.1, clip: 1 } as const;

/** The trainer with programs in WebAssembly, on all threads. */
export function trainingOnCpu(): TrainingEngine {
  return {
    processor: "cpu",
    threads: availableThreads(),
    prepare: (model) => {
      const trainer = trainerOf(model, { kernels: "wasm" });
      return prepared(trainer, model.inputs, () => null);
    },
  };
}

/**
 * The trainer on a device.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function trainingOnAdapter(gpu: Gpu): TrainingEngine {
  requireShape("The device", gpu, gpuShape);
  return {
    processor: "adapter",
    threads: null,
    prepare: (model) => {
      const before = gpu.memory.statistics.inUse;
      const trainer = trainerOf(model, { gpu });
      return prepared(trainer, model.inputs, () => gpu.memory.statistics.inUse - before);
    },
  };
}

/** The readable reference, that others are compared with. */
export function trainingByReference(model: TrainedModel): PreparedTraining {
  return prepared(trainerOf(model, { kernels: "reference" }), model.inputs, () => null);
}

function trainerOf(
  { graph, loss, parameters }: TrainedModel,
  place: { readonly gpu?: Gpu; readonly kernels?: "reference" | "wasm" },
): Trainer {
  const multipliers = factorRates(graph);
  return new Trainer(graph, loss, parameters, { ...OPTIONS, multipliers, ...place });
}

function prepared(
  trainer: Trainer,
  inputs: RunInputs,
  bytesNow: () => number | null,
): PreparedTraining {
  let bytes: number | null = null;
  return {
    get bytes() {
      return bytes;
    },
    run: async () => {
      const report = await trainer.step([inputs]);
      bytes ??= bytesNow();
      return report;
    },
    [Symbol.dispose]: () => trainer.dispose(),
  };
}
