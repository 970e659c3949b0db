import type { WeightDtype } from "@papilio/cpu-runtime/kernels";
import type { DeviceSlot } from "./device-slot.ts";

/** Where a model is computed, the CPU where it is no slot, and how its weights are stored. */
export interface ModelPlace {
  readonly slot: DeviceSlot | undefined;
  readonly dtype: WeightDtype;
}
