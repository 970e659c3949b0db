/// <reference lib="dom" preserve="true" />
/// <reference lib="esnext.disposable" preserve="true" />
// First: it defines the symbols of disposal where an engine lacks them.
import "@papilio/butterfly";

export { typicalReport } from "../device/typical-report.ts";
export type { GpuRuntimeErrorCodes } from "../errors/error-codes.ts";
export {
  type DeviceRates,
  type MeasureRatesOptions,
  measureRates,
} from "../rates/measure-rates.ts";
export { describePlan, factorByFactor, planName } from "./plan.ts";
export { type RankedPlan, rankPlans } from "./plan-chain.ts";
export { TYPICAL_RATES } from "./stage-cost.ts";
