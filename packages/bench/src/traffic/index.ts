/// <reference lib="esnext.disposable" preserve="true" />
// First: it defines the symbols of disposal where an engine lacks them.
import "@papilio/butterfly";

export type { BenchErrorCodes } from "../errors/error-codes.ts";
export type { SectorCount } from "./count-sectors.ts";
export {
  COUNTED,
  type CountTrafficOptions,
  countTraffic,
  type MovedBytes,
} from "./count-traffic.ts";
export { TRAFFIC_SCHEMA, type TrafficResults } from "./traffic-results.ts";
