import { PapilioError } from "@papilio/butterfly";
import { exportActivation } from "../../operations/activation/onnx.ts";
import { exportAddPositions } from "../../operations/add-positions/onnx.ts";
import { exportAddVector } from "../../operations/add-vector/onnx.ts";
import { exportAggregate } from "../../operations/aggregate/onnx.ts";
import { exportAppend } from "../../operations/append/onnx.ts";
import { exportAttention } from "../../operations/attention/onnx.ts";
import { exportCombine } from "../../operations/combine/onnx.ts";
import { exportEdgeAttention } from "../../operations/edge-attention/onnx.ts";
import { exportGatherFeatures } from "../../operations/gather-features/onnx.ts";
import { exportGatherVectors } from "../../operations/gather-vectors/onnx.ts";
import { exportLinear } from "../../operations/linear/onnx.ts";
import { exportNormalize } from "../../operations/normalize/onnx.ts";
import type { OnnxBuilder, OnnxValue } from "../../operations/onnx-builder.ts";
import type {
  ForEachOperation,
  InferenceOperation,
  Operation,
} from "../../operations/operation.ts";
import { exportPool } from "../../operations/pool/onnx.ts";
import { exportReduceVectors } from "../../operations/reduce-vectors/onnx.ts";
import { exportRotary } from "../../operations/rotary/onnx.ts";
import { exportSoftmax } from "../../operations/softmax/onnx.ts";
import { exportSparseLinear } from "../../operations/sparse-linear/onnx.ts";
import { exportUnfold } from "../../operations/unfold/onnx.ts";

/** The ONNX form of each kind of operation. */
const EXPORT: ForEachOperation<OnnxValue, [OnnxBuilder], InferenceOperation> = {
  activation: exportActivation,
  "add-positions": exportAddPositions,
  "add-vector": exportAddVector,
  aggregate: exportAggregate,
  append: exportAppend,
  attention: exportAttention,
  combine: exportCombine,
  "edge-attention": exportEdgeAttention,
  "gather-features": exportGatherFeatures,
  "gather-vectors": exportGatherVectors,
  linear: exportLinear,
  normalize: exportNormalize,
  pool: exportPool,
  "reduce-vectors": exportReduceVectors,
  rotary: exportRotary,
  softmax: exportSoftmax,
  "sparse-linear": exportSparseLinear,
  unfold: exportUnfold,
};

/**
 * Adds the nodes that compute an operation.
 *
 * @throws PapilioError `ONNX_TRAINING` for one of training
 */
export function exportOperation(operation: Operation, to: OnnxBuilder): OnnxValue {
  const { kind, path } = operation;
  const drops = operation.kind === "edge-attention" && operation.dropout !== undefined;
  if (!isExported(operation) || drops) {
    throw new PapilioError(
      "ONNX_TRAINING",
      `The graph trains a model: its operation ${kind}${path && ` of ${path}`} has no form in ONNX here.`,
      "Export a graph of the model alone.",
    );
  }
  const run = EXPORT[operation.kind] as (of: Operation, to: OnnxBuilder) => OnnxValue;
  return run(operation, to);
}

function isExported(operation: Operation): operation is InferenceOperation {
  return Object.hasOwn(EXPORT, operation.kind);
}
