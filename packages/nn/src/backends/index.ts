// First: it defines the symbols of disposal where an engine lacks them.
import "@papilio/butterfly";

export type { NnErrorCodes } from "../errors/error-codes.ts";
export { CpuModel, type CpuModelOptions } from "./cpu/cpu-model.ts";
export { CpuStates } from "./cpu/cpu-states.ts";
export { CpuWeightStore, type CpuWeightStoreOptions } from "./cpu/cpu-weight-store.ts";
export type { GraphCompileOptions } from "./gpu/compile-options.ts";
export { DeviceModel, type DeviceModelOptions } from "./gpu/device-model.ts";
export { ModelMemory } from "./gpu/model-memory.ts";
export { type GraphStorage, requireBindable } from "./gpu/require-bindable.ts";
export { type ModelTuning, type TuneModelOptions, tuneModel } from "./gpu/tune-model.ts";
export type { TunedChoice, TunedKernels } from "./gpu/tuned-kernels.ts";
export type { PlannedOperation, Profile, ProfiledOperation } from "./plan.ts";
