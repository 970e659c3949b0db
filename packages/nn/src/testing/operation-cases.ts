import { activationCases, activationOnVectors } from "../operations/activation/testing/cases.ts";
import {
  addPositionsCases,
  addPositionsOnVectors,
} from "../operations/add-positions/testing/cases.ts";
import { addVectorCases, addVectorOnVectors } from "../operations/add-vector/testing/cases.ts";
import { aggregateCases, aggregateOnVectors } from "../operations/aggregate/testing/cases.ts";
import { appendCases, appendOnVectors } from "../operations/append/testing/cases.ts";
import { attentionCases, attentionOnVectors } from "../operations/attention/testing/cases.ts";
import { combineCases, combineOnVectors } from "../operations/combine/testing/cases.ts";
import {
  edgeAttentionCases,
  edgeAttentionOnVectors,
} from "../operations/edge-attention/testing/cases.ts";
import {
  gatherFeaturesCases,
  gatherFeaturesOnVectors,
} from "../operations/gather-features/testing/cases.ts";
import {
  gatherVectorsCases,
  gatherVectorsOnVectors,
} from "../operations/gather-vectors/testing/cases.ts";
import { linearCases, linearOnVectors } from "../operations/linear/testing/cases.ts";
import { normalizeCases, normalizeOnVectors } from "../operations/normalize/testing/cases.ts";
import type { InferenceOperation } from "../operations/operation.ts";
import { poolCases, poolOnVectors } from "../operations/pool/testing/cases.ts";
import {
  reduceVectorsCases,
  reduceVectorsOnVectors,
} from "../operations/reduce-vectors/testing/cases.ts";
import { rotaryCases, rotaryOnVectors } from "../operations/rotary/testing/cases.ts";
import { softmaxCases, softmaxOnVectors } from "../operations/softmax/testing/cases.ts";
import {
  sparseLinearCases,
  sparseLinearOnVectors,
} from "../operations/sparse-linear/testing/cases.ts";
import { unfoldCases, unfoldOnVectors } from "../operations/unfold/testing/cases.ts";
import type { OperationCases, ValueOperations } from "./operation-case.ts";

/** Every kind of operation of models as the last one of a graph. */
export const OPERATION_CASES: Readonly<Record<InferenceOperation["kind"], OperationCases>> = {
  activation: activationCases,
  "add-positions": addPositionsCases,
  "add-vector": addVectorCases,
  aggregate: aggregateCases,
  append: appendCases,
  attention: attentionCases,
  combine: combineCases,
  "edge-attention": edgeAttentionCases,
  "gather-features": gatherFeaturesCases,
  "gather-vectors": gatherVectorsCases,
  linear: linearCases,
  normalize: normalizeCases,
  pool: poolCases,
  "reduce-vectors": reduceVectorsCases,
  rotary: rotaryCases,
  softmax: softmaxCases,
  "sparse-linear": sparseLinearCases,
  unfold: unfoldCases,
};

/** Every kind of operation of models on vectors, for graphs in which others come before and after it. */
export const OPERATIONS_ON_VECTORS: Readonly<Record<InferenceOperation["kind"], ValueOperations>> =
  {
    activation: activationOnVectors,
    "add-positions": addPositionsOnVectors,
    "add-vector": addVectorOnVectors,
    aggregate: aggregateOnVectors,
    append: appendOnVectors,
    attention: attentionOnVectors,
    combine: combineOnVectors,
    "edge-attention": edgeAttentionOnVectors,
    "gather-features": gatherFeaturesOnVectors,
    "gather-vectors": gatherVectorsOnVectors,
    linear: linearOnVectors,
    normalize: normalizeOnVectors,
    pool: poolOnVectors,
    "reduce-vectors": reduceVectorsOnVectors,
    rotary: rotaryOnVectors,
    softmax: softmaxOnVectors,
    "sparse-linear": sparseLinearOnVectors,
    unfold: unfoldOnVectors,
  };
