/**
 * What needs Node: a server that listens, and metrics of its process.
 *
 * @module
 */

export type { ServerErrorCodes } from "../errors/error-codes.ts";
export { type Listening, type ListenOptions, listen } from "./listen.ts";
export { prometheusMetrics } from "./prometheus.ts";
