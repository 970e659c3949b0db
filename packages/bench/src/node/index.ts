export type { BenchErrorCodes } from "../errors/error-codes.ts";
export { gcnOnCora } from "./cora.ts";
export type { EnergyMeter, MeasureEnergyOptions, MeterSearch } from "./energy/energy-meter.ts";
export { type OpenEnergyMeterOptions, openEnergyMeter } from "./energy/open-energy-meter.ts";
export { loadImplementations } from "./load-implementations.ts";
export { loadOnnxRuntime, type OnnxRuntimeSearch } from "./onnxruntime/load.ts";
