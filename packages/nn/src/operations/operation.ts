import { requireOneOf } from "@papilio/butterfly/errors";
import type { Graph } from "../graph/graph.ts";
import { graphCheck } from "../graph/operand-checks.ts";
import type { OperationDefinition } from "../graph/operation.ts";
import type { Value } from "../graph/value.ts";
import type { Parameter } from "../modules/parameter.ts";
import { type ActivationOperation, activationDefinition } from "./activation/operation.ts";
import { type AddPositionsOperation, addPositionsDefinition } from "./add-positions/operation.ts";
import { type AddVectorOperation, addVectorDefinition } from "./add-vector/operation.ts";
import { type AggregateOperation, aggregateDefinition } from "./aggregate/operation.ts";
import { type AppendOperation, appendDefinition } from "./append/operation.ts";
import { type AttentionOperation, attentionDefinition } from "./attention/operation.ts";
import { type CombineOperation, combineDefinition } from "./combine/operation.ts";
import {
  type EdgeAttentionOperation,
  edgeAttentionDefinition,
} from "./edge-attention/operation.ts";
import {
  type GatherFeaturesOperation,
  gatherFeaturesDefinition,
} from "./gather-features/operation.ts";
import {
  type GatherVectorsOperation,
  gatherVectorsDefinition,
} from "./gather-vectors/operation.ts";
import { type LinearOperation, linearDefinition } from "./linear/operation.ts";
import { type NormalizeOperation, normalizeDefinition } from "./normalize/operation.ts";
import { type PoolOperation, poolDefinition } from "./pool/operation.ts";
import {
  type ReduceVectorsOperation,
  reduceVectorsDefinition,
} from "./reduce-vectors/operation.ts";
import { type RotaryOperation, rotaryDefinition } from "./rotary/operation.ts";
import { type SoftmaxOperation, softmaxDefinition } from "./softmax/operation.ts";
import { type SparseLinearOperation, sparseLinearDefinition } from "./sparse-linear/operation.ts";
import { TRAINING_DEFINITIONS, type TrainingOperation } from "./training-operation.ts";
import { type UnfoldOperation, unfoldDefinition } from "./unfold/operation.ts";

/** One step of a model, as data. */
export type InferenceOperation =
  | ActivationOperation
  | AddPositionsOperation
  | AddVectorOperation
  | AggregateOperation
  | AppendOperation
  | AttentionOperation
  | CombineOperation
  | EdgeAttentionOperation
  | GatherFeaturesOperation
  | GatherVectorsOperation
  | LinearOperation
  | NormalizeOperation
  | PoolOperation
  | ReduceVectorsOperation
  | RotaryOperation
  | SoftmaxOperation
  | SparseLinearOperation
  | UnfoldOperation;

/** One step of a model, or of its training. */
export type Operation = InferenceOperation | TrainingOperation;

export type OperationKind = Operation["kind"];

export type OperationOf<K extends OperationKind> = Extract<Operation, { readonly kind: K }>;

/** For each kind of operation, what a backend does with it. */
export type ForEachOperation<R, A extends unknown[], O extends Operation = Operation> = {
  readonly [K in O["kind"]]: (operation: OperationOf<K>, ...context: A) => R;
};

const DEFINITIONS: { readonly [K in OperationKind]: OperationDefinition<OperationOf<K>> } = {
  activation: activationDefinition,
  "add-positions": addPositionsDefinition,
  "add-vector": addVectorDefinition,
  aggregate: aggregateDefinition,
  append: appendDefinition,
  attention: attentionDefinition,
  combine: combineDefinition,
  "edge-attention": edgeAttentionDefinition,
  "gather-features": gatherFeaturesDefinition,
  "gather-vectors": gatherVectorsDefinition,
  linear: linearDefinition,
  normalize: normalizeDefinition,
  pool: poolDefinition,
  "reduce-vectors": reduceVectorsDefinition,
  rotary: rotaryDefinition,
  softmax: softmaxDefinition,
  "sparse-linear": sparseLinearDefinition,
  unfold: unfoldDefinition,
  ...TRAINING_DEFINITIONS,
};

/**
 * The operations of a graph, in the order in which they run.
 *
 * @throws PapilioError `OPTION_INVALID` for one that was added with a definition of another kind
 */
export function operationsOf(graph: Graph): readonly Operation[] {
  graphCheck("The graph", graph);
  const kinds = Object.keys(DEFINITIONS);
  for (const { kind } of graph.operations) requireOneOf("The kind of an operation", kind, kinds);
  return graph.operations as readonly Operation[];
}

/**
 * Adds an operation like another one to a graph: of the same fields and of an output of the same shape.
 *
 * @throws PapilioError what `add` of a graph throws
 */
export function addOperation(graph: Graph, operation: Operation): Value {
  const { kind: _, output, ...fields } = operation;
  return graph.add<Operation>(definitionOf(operation), fields as never, output);
}

/** The values that an operation reads. */
export function operandsOf(operation: Operation): readonly Value[] {
  return definitionOf(operation).operands(operation);
}

/** The parameters that an operation reads as they are: not the factors of a linear one, which are packed. */
export function parametersOf(operation: Operation): readonly Parameter[] {
  const parameters = definitionOf(operation).parameters?.(operation) ?? [];
  return parameters.filter((parameter) => parameter !== undefined);
}

/** Non-zeros of the sparse matrix that an operation reads; 0 where it reads none. */
export function nonZerosOf(operation: Operation): number {
  return definitionOf(operation).nonZeros?.(operation) ?? 0;
}

/** Arithmetic of an element of what is computed without a product or attention, roughly. */
const FLOPS_PER_ELEMENT = 8;

/** Arithmetic of an operation, roughly; of a linear one that of its product. */
export function flopsOf(operation: Operation): number {
  const { vectors, features } = operation.output;
  return definitionOf(operation).flops?.(operation) ?? FLOPS_PER_ELEMENT * vectors * features;
}

function definitionOf(operation: Operation): OperationDefinition<Operation> {
  return DEFINITIONS[operation.kind] as OperationDefinition<Operation>;
}
