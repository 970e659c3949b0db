/// <reference lib="dom" preserve="true" />
/// <reference lib="esnext.disposable" preserve="true" />
// First: it defines the symbols of disposal where an engine lacks them.
import "@papilio/butterfly";

export type { DeviceContext } from "./device/device-context.ts";
export type {
  AdapterFeatures,
  AdapterLimits,
  AdapterReport,
  MatrixUnitProduct,
  MatrixUnits,
  PassedOver,
} from "./device/report.ts";
export type { GpuRuntimeErrorCodes } from "./errors/error-codes.ts";
export { Gpu } from "./gpu/gpu.ts";
export { type OpenGpuOptions, openGpu } from "./gpu/open.ts";
export type { MemoryOptions } from "./memory/memory-options.ts";
export type { DeviceCompileOptions } from "./multiplication/compile-for-device.ts";
export type {
  DeviceMatrix,
  DeviceMatrixPlan,
  DeviceMultiplyOptions,
  DeviceShape,
} from "./multiplication/device-matrix.ts";
export type { Plan, Stage } from "./planning/plan.ts";
export { type PlanOptions, planChain } from "./planning/plan-chain.ts";
export { planComplexChain } from "./planning/plan-complex-chain.ts";
export {
  ComplexTensor,
  type ComplexTensorOptions,
  complexTensor,
} from "./tensor/complex-tensor.ts";
export type { InputShape } from "./tensor/input-shape.ts";
export { Tensor, type TensorOptions, tensor } from "./tensor/tensor.ts";
export { MemoryTuningCache, type TuningCache } from "./tuning/cache.ts";
export type { Tuned, TuneOptions } from "./tuning/tune.ts";
export { tunePlan } from "./tuning/tune-plan.ts";
