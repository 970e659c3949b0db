export type { Executable, RunInputs, RunOutputs } from "./executable.ts";
export { Graph, type State } from "./graph.ts";
export type { GraphOperation } from "./operation.ts";
export { Indices, Value } from "./value.ts";
