import type { StorageDtype } from "@papilio/butterfly";
import type { WeightDtype } from "@papilio/cpu-runtime/kernels";
import type { DeviceSlot } from "./device-slot.ts";

/** Where a model is computed, and how its weights are stored: those of few bits are on the CPU alone. */
export type ModelPlace =
  | { readonly slot: undefined; readonly dtype: WeightDtype }
  | { readonly slot: DeviceSlot; readonly dtype: StorageDtype };
