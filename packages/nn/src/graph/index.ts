export type { NnErrorCodes } from "../errors/error-codes.ts";
export { Graph, type State } from "./graph.ts";
export type { GraphOperation } from "./operation.ts";
export { Indices, Value } from "./value.ts";
