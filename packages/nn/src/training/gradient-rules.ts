import { PapilioError } from "@papilio/butterfly";
import type { Value } from "../graph/value.ts";
import { gradientOfActivation } from "../operations/activation/gradient.ts";
import { gradientOfAddPositions } from "../operations/add-positions/gradient.ts";
import { gradientOfAddVector } from "../operations/add-vector/gradient.ts";
import { gradientOfAggregate } from "../operations/aggregate/gradient.ts";
import { gradientOfAttention } from "../operations/attention/gradient.ts";
import { gradientOfCombine } from "../operations/combine/gradient.ts";
import { gradientOfCrossEntropy } from "../operations/cross-entropy/gradient.ts";
import type { CrossEntropyOperation } from "../operations/cross-entropy/operation.ts";
import { gradientOfDistillation } from "../operations/distillation/gradient.ts";
import type { DistillationOperation } from "../operations/distillation/operation.ts";
import { gradientOfDropout } from "../operations/dropout/gradient.ts";
import type { DropoutOperation } from "../operations/dropout/operation.ts";
import { gradientOfEdgeAttention } from "../operations/edge-attention/gradient.ts";
import { gradientOfGatherFeatures } from "../operations/gather-features/gradient.ts";
import { gradientOfGatherVectors } from "../operations/gather-vectors/gradient.ts";
import type { GradientContext } from "../operations/gradient-context.ts";
import { gradientOfLinear } from "../operations/linear/gradient.ts";
import { gradientOfNormalize } from "../operations/normalize/gradient.ts";
import type { ForEachOperation, InferenceOperation, Operation } from "../operations/operation.ts";
import { gradientOfPool } from "../operations/pool/gradient.ts";
import { gradientOfReduceVectors } from "../operations/reduce-vectors/gradient.ts";
import { gradientOfRotary } from "../operations/rotary/gradient.ts";
import { gradientOfSoftmax } from "../operations/softmax/gradient.ts";
import { gradientOfSparseLinear } from "../operations/sparse-linear/gradient.ts";
import { gradientOfSquaredError } from "../operations/squared-error/gradient.ts";
import type { SquaredErrorOperation } from "../operations/squared-error/operation.ts";
import { gradientOfUnfold } from "../operations/unfold/gradient.ts";

/** The operations of models, and the losses of each vector: gradients of gradients are not computed. */
type DifferentiableOperation =
  | InferenceOperation
  | CrossEntropyOperation
  | DistillationOperation
  | DropoutOperation
  | SquaredErrorOperation;

/** The rule of each kind of operation. */
const RULES: ForEachOperation<void, [Value, GradientContext], DifferentiableOperation> = {
  activation: gradientOfActivation,
  "add-positions": gradientOfAddPositions,
  "add-vector": gradientOfAddVector,
  aggregate: gradientOfAggregate,
  append: unavailable,
  attention: gradientOfAttention,
  combine: gradientOfCombine,
  "cross-entropy": gradientOfCrossEntropy,
  distillation: gradientOfDistillation,
  dropout: gradientOfDropout,
  "edge-attention": gradientOfEdgeAttention,
  "gather-features": gradientOfGatherFeatures,
  "gather-vectors": gradientOfGatherVectors,
  linear: gradientOfLinear,
  normalize: gradientOfNormalize,
  pool: gradientOfPool,
  "reduce-vectors": gradientOfReduceVectors,
  rotary: gradientOfRotary,
  softmax: gradientOfSoftmax,
  "sparse-linear": gradientOfSparseLinear,
  "squared-error": gradientOfSquaredError,
  unfold: gradientOfUnfold,
};

/**
 * Adds the gradients of what an operation reads, given that of its output.
 *
 * @throws PapilioError `GRADIENT_UNAVAILABLE` for a kind without a rule
 */
export function addGradients(operation: Operation, dy: Value, to: GradientContext): void {
  const rule = Object.hasOwn(RULES, operation.kind)
    ? RULES[operation.kind as DifferentiableOperation["kind"]]
    : unavailable;
  (rule as (of: Operation, dy: Value, to: GradientContext) => void)(operation, dy, to);
}

function unavailable({ kind, path }: Operation): never {
  throw new PapilioError(
    "GRADIENT_UNAVAILABLE",
    `The operation ${kind}${path && ` of ${path}`} has no gradient here.`,
    "Ask for gradients that do not depend on it, or build the model of other operations.",
  );
}
