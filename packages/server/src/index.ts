/// <reference lib="dom" preserve="true" />
/// <reference lib="esnext.disposable" preserve="true" />
// First: it defines the symbols of disposal where an engine lacks them.
import "@papilio/butterfly";

export type { ServedModel } from "./engines/served-model.ts";
export type { ServableModel } from "./engines/signature.ts";
export type { ServerErrorCodes } from "./errors/error-codes.ts";
export type { ModelHealth } from "./frontend/frontend.ts";
export type { FrontendSettings } from "./frontend/frontend-options.ts";
export type { ForwardedRequest, Forwarder } from "./gateway/forwarder.ts";
export { Gateway } from "./gateway/gateway.ts";
export type { GatewayOptions } from "./gateway/gateway-options.ts";
export type { Gauges, ServerMetrics } from "./metrics/metrics.ts";
export type { RequestRecord } from "./protocol/exchange.ts";
export type { Limits } from "./protocol/limits.ts";
export { ModelServer } from "./server.ts";
export type { ServerOptions } from "./server-options.ts";
