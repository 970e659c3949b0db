import type { FloatArray } from "@papilio/butterfly";
import { evaluateActivation } from "../../operations/activation/reference.ts";
import { evaluateAddPositions } from "../../operations/add-positions/reference.ts";
import { evaluateAddVector } from "../../operations/add-vector/reference.ts";
import { evaluateAggregate } from "../../operations/aggregate/reference.ts";
import { evaluateAppend } from "../../operations/append/reference.ts";
import { evaluateAttention } from "../../operations/attention/reference.ts";
import { evaluateCombine } from "../../operations/combine/reference.ts";
import type { CpuContext } from "../../operations/cpu-context.ts";
import { evaluateEdgeAttention } from "../../operations/edge-attention/reference.ts";
import { evaluateGatherFeatures } from "../../operations/gather-features/reference.ts";
import { evaluateGatherVectors } from "../../operations/gather-vectors/reference.ts";
import { linearOnCpu } from "../../operations/linear/cpu.ts";
import { evaluateNormalize } from "../../operations/normalize/reference.ts";
import type { ForEachOperation, Operation } from "../../operations/operation.ts";
import { evaluatePool } from "../../operations/pool/reference.ts";
import { evaluateReduceVectors } from "../../operations/reduce-vectors/reference.ts";
import { evaluateRotary } from "../../operations/rotary/reference.ts";
import { evaluateSoftmax } from "../../operations/softmax/reference.ts";
import { evaluateSparseLinear } from "../../operations/sparse-linear/reference.ts";
import { evaluateUnfold } from "../../operations/unfold/reference.ts";

/**
 * What computes each kind of operation on the CPU: kernels in WebAssembly (`cpu.ts` of the operation), or
 * the readable reference where there are none yet.
 */
const ON_CPU: ForEachOperation<FloatArray | Promise<FloatArray>, [CpuContext]> = {
  activation: evaluateActivation,
  "add-positions": evaluateAddPositions,
  "add-vector": evaluateAddVector,
  aggregate: evaluateAggregate,
  append: evaluateAppend,
  attention: evaluateAttention,
  combine: evaluateCombine,
  "edge-attention": evaluateEdgeAttention,
  "gather-features": evaluateGatherFeatures,
  "gather-vectors": evaluateGatherVectors,
  linear: linearOnCpu,
  normalize: evaluateNormalize,
  pool: evaluatePool,
  "reduce-vectors": evaluateReduceVectors,
  rotary: evaluateRotary,
  softmax: evaluateSoftmax,
  "sparse-linear": evaluateSparseLinear,
  unfold: evaluateUnfold,
};

/** Computes an operation by the fastest that the CPU backend has for it. */
export async function evaluateOnCpu(
  operation: Operation,
  context: CpuContext,
): Promise<FloatArray> {
  const run = ON_CPU[operation.kind] as (
    of: Operation,
    context: CpuContext,
  ) => FloatArray | Promise<FloatArray>;
  return await run(operation, context);
}
