import { PapilioError, type StorageDtype } from "@papilio/butterfly";
import { requireObject, requireOneOf, requireWhole } from "@papilio/butterfly/errors";
import type { Gpu } from "@papilio/gpu-runtime";
import {
  callback,
  count,
  either,
  gpuCheck,
  map,
  number,
  optional,
  storageDtype,
} from "../arguments/checks.ts";
import type { Parameter } from "../modules/parameter.ts";
import { type OptimizerOptions, requireOptimizer } from "./optimizer.ts";
import type { Schedule } from "./schedule.ts";
import { requireNotNegative } from "./settings.ts";
import type { TrainerState } from "./trainer-state.ts";

export interface TrainerOptions {
  readonly optimizer: OptimizerOptions;
  /** The learning rate, or that of each step. */
  readonly rate: number | Schedule;
  /** What the rate of some parameters is multiplied by, as `factorRates` has it; 1 for the others. */
  readonly multipliers?: ReadonlyMap<Parameter, number> | undefined;
  /** The weight decay of parameters of two axes and more: not of biases and norms. 0 unless given. */
  readonly decay?: number;
  /** What the weight decay of some parameters is multiplied by, as `factorDecays` has it; 1 for the others. */
  readonly decays?: ReadonlyMap<Parameter, number>;
  /** The largest norm of all gradients together, above which they are scaled down to it. */
  readonly clip?: number | undefined;
  /**
   * What computes a step: the readable `reference`, unless given, or the kernels in WebAssembly on
   * all threads.
   */
  readonly kernels?: "reference" | "wasm";
  /** The device that computes instead: the CPU unless given. */
  readonly gpu?: Gpu | undefined;
  /**
   * In what a device stores everything but parameters and the numbers of the optimizer, which are in float32: `f32` unless
   * given. In `f16` gradients are those of the loss multiplied by a power of two, so that small ones are not lost: a step
   * whose gradients overflow is taken again at half of it, and after 200 steps without, it doubles. The loss is reported as
   * half precision has it.
   */
  readonly dtype?: StorageDtype;
  /**
   * Bytes that may be kept of what products have between their factors, which gradients read: more is computed again. 256
   * MiB unless given. The reference computes all of it again.
   */
  readonly keptBytes?: number;
  /** How many runs a step may take the mean of the gradients of; 1 unless given. */
  readonly accumulate?: number;
  /** Where to go on from, as `state()` of a trainer of the same parameters had it; the start unless given. */
  readonly state?: TrainerState | undefined;
}

/** @throws PapilioError `OPTION_INVALID`, `F16_UNAVAILABLE` */
export function requireTrainerOptions(options: TrainerOptions): void {
  requireObject("The options of a trainer", options, "TrainerOptions");
  const { optimizer, rate, multipliers = new Map(), decay = 0, decays = new Map(), clip } = options;
  const { kernels = "reference", accumulate = 1, gpu, dtype = "f32" } = options;
  optional(gpuCheck)("The device", gpu);
  optional(storageDtype)("dtype", dtype);
  if (dtype === "f16" && gpu === undefined) {
    throw new PapilioError(
      "OPTION_INVALID",
      "Half precision is asked for on the CPU, which trains in float32.",
      "Give a device, or leave dtype out.",
    );
  }
  gpu?.assertDtype(dtype);
  optional(count)("keptBytes", options.keptBytes);
  requireOptimizer(optimizer);
  requireOneOf("The choice of kernels", kernels, ["reference", "wasm"]);
  requireWhole("The number of runs that are accumulated", accumulate, 1);
  either(callback, number)("The learning rate", rate);
  if (typeof rate === "number") requireNotNegative("The learning rate", rate);
  map("The multipliers", multipliers);
  for (const multiplier of multipliers.values()) requireNotNegative("A multiplier", multiplier);
  requireNotNegative("The weight decay", decay);
  map("The multipliers of the weight decay", decays);
  for (const share of decays.values())
    requireNotNegative("A multiplier of the weight decay", share);
  if (clip !== undefined) requireNotNegative("The largest norm", clip);
}
