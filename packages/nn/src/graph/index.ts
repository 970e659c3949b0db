export type { Executable, RunInputs, RunOutputs } from "./executable.ts";
export * from "./functional.ts";
export * from "./functional-sparse.ts";
export { Graph, type State } from "./graph.ts";
export type {
  Matrix,
  Operation,
  OperationOf,
  RotaryStyle,
  Size2d,
  Window2d,
} from "./operation.ts";
export { Indices, Value } from "./value.ts";
