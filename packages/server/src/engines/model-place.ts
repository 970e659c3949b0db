import type { WeightDtype } from "@papilio/cpu-runtime/kernels";
import type { ModelTuning } from "@papilio/nn/backends";
import type { DeviceSlot } from "./device-slot.ts";

/** Where a model is computed, the CPU where it is no slot, and how its weights are stored and its kernels chosen. */
export interface ModelPlace {
  readonly slot: DeviceSlot | undefined;
  readonly dtype: WeightDtype;
  readonly tune: ModelTuning | undefined;
}
