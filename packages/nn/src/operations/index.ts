export type { NnErrorCodes } from "../errors/error-codes.ts";
export { type ActivationOperation, activate } from "./activation/operation.ts";
export { type AddPositionsOperation, addPositions } from "./add-positions/operation.ts";
export { type AddVectorOperation, addVector } from "./add-vector/operation.ts";
export { type AggregateOperation, aggregate } from "./aggregate/operation.ts";
export { type AppendOperation, append } from "./append/operation.ts";
export { type AttentionOperation, attention, type KeyPages } from "./attention/operation.ts";
export { add, type CombineOperation, multiply } from "./combine/operation.ts";
export { type EdgeAttentionOperation, edgeAttention } from "./edge-attention/operation.ts";
export {
  type GatherFeaturesOperation,
  gatherFeatures,
  resizeFeatures,
} from "./gather-features/operation.ts";
export { type GatherVectorsOperation, gatherVectors } from "./gather-vectors/operation.ts";
export { denseMatrix, type Matrix } from "./linear/matrix.ts";
export { type LinearOperation, linear } from "./linear/operation.ts";
export { type NormalizeOperation, normalize } from "./normalize/operation.ts";
export { type Operation, type OperationKind, type OperationOf, operationsOf } from "./operation.ts";
export { type PoolOperation, pool } from "./pool/operation.ts";
export { type ReduceVectorsOperation, reduceVectors } from "./reduce-vectors/operation.ts";
export { type RotaryOperation, type RotaryStyle, rotary } from "./rotary/operation.ts";
export type { EdgeDropout } from "./shared/edge-dropout.ts";
export type { Size2d, Window2d } from "./shared/window.ts";
export { type SoftmaxOperation, type SoftmaxOptions, softmax } from "./softmax/operation.ts";
export { type SparseLinearOperation, sparseLinear } from "./sparse-linear/operation.ts";
export { type UnfoldOperation, unfold } from "./unfold/operation.ts";
