/// <reference lib="dom" preserve="true" />
/// <reference lib="esnext.disposable" preserve="true" />
// First: it defines the symbols of disposal where an engine lacks them.
import "@papilio/butterfly";

export type { ServedModel } from "./engines/served-model.ts";
export type { ServableModel } from "./engines/signature.ts";
export type { ServerErrorCodes } from "./errors/error-codes.ts";
export type { Gauges, ServerMetrics } from "./metrics/metrics.ts";
export type { RequestRecord } from "./protocol/exchange.ts";
export type { Limits } from "./protocol/limits.ts";
export { ModelServer } from "./server.ts";
export type { ServerOptions } from "./server-options.ts";
