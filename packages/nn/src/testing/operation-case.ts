import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import type { Parameter } from "../modules/parameter.ts";
import * as draw from "./draw.ts";

/** An operation as the last one of a graph. */
export interface OperationCase {
  /** How often its results are rounded: as many numbers as are added, and steps of functions. */
  readonly terms: number;
  /** How large what is added may be, where it is larger than the results and than 1. */
  readonly size?: number;
  readonly make: (graph: Graph) => Value;
  /** Inputs that are indices. */
  readonly indices?: Readonly<Record<string, readonly number[]>>;
  /** Whether it is of training alone, and so has no form in ONNX. */
  readonly training?: true;
}

/** Features of the vectors that {@link ValueOperations} take. */
export const FEATURES = 12;

/** Operations on vectors of {@link FEATURES}, anywhere in a graph. */
export type ValueOperations = readonly ((x: Value) => Value)[];

export type OperationCases = Readonly<Record<string, OperationCase>>;

/** A new input of a graph. */
export function vectors(graph: Graph, count: number, features: number): Value {
  return graph.input(`x${graph.inputs.size}`, { vectors: count, features });
}

let seed = 0;

/** A parameter of numbers in [-1, 1), each time others. */
export function parameter(...shape: number[]): Parameter {
  return draw.parameter(shape, seed++);
}
