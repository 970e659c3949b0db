import { sparseCheck } from "../adjacency/sparse-matrix.ts";
import {
  type Checks,
  flag,
  number,
  objectOf,
  oneOf,
  optional,
  text,
  uint32,
} from "../arguments/checks.ts";
import {
  activationCheck,
  indicesCheck,
  matrixCheck,
  parameterCheck,
  valueCheck,
  windowCheck,
} from "./operand-checks.ts";
import type { Operation, OperationOf, WithoutOutput } from "./operation.ts";

/** What the fields of each operation are, beside its kind, path, output and first operand. */
const FIELDS: {
  readonly [K in Operation["kind"]]: Checks & {
    readonly [F in Exclude<keyof OperationOf<K>, "kind" | "path" | "output">]: Checks[string];
  };
} = {
  activation: { x: valueCheck, activation: activationCheck },
  "add-positions": {
    x: valueCheck,
    table: parameterCheck,
    period: number,
    prepended: optional(parameterCheck),
    position: optional(indicesCheck),
  },
  "add-vector": { x: valueCheck, vector: parameterCheck },
  aggregate: { x: valueCheck, graph: sparseCheck, reduce: oneOf("mean", "sum", "max") },
  append: { x: valueCheck, state: valueCheck, position: indicesCheck },
  attention: {
    queries: valueCheck,
    keys: valueCheck,
    values: valueCheck,
    sequences: number,
    heads: number,
    keyValueHeads: number,
    scale: number,
    causal: flag,
    position: optional(indicesCheck),
    lengths: optional(indicesCheck),
  },
  combine: { operation: oneOf("add", "multiply"), x: valueCheck, other: valueCheck },
  "edge-attention": {
    x: valueCheck,
    sources: valueCheck,
    targets: valueCheck,
    graph: sparseCheck,
    heads: number,
    negativeSlope: number,
  },
  "gather-features": { x: valueCheck, map: uint32 },
  "gather-vectors": {
    source: (name, source) => (isValue(source) ? valueCheck : parameterCheck)(name, source),
    indices: indicesCheck,
  },
  linear: {
    x: valueCheck,
    matrix: matrixCheck,
    bias: optional(parameterCheck),
    activation: optional(activationCheck),
    multiplier: optional(valueCheck),
    addend: optional(valueCheck),
  },
  normalize: {
    x: valueCheck,
    norm: oneOf("layer", "rms", "l2"),
    epsilon: number,
    weight: optional(parameterCheck),
    bias: optional(parameterCheck),
  },
  pool: { x: valueCheck, pool: oneOf("max", "average"), window: windowCheck },
  "reduce-vectors": {
    x: valueCheck,
    reduce: oneOf("mean", "sum", "max"),
    period: number,
    lengths: optional(indicesCheck),
  },
  rotary: {
    x: valueCheck,
    headFeatures: number,
    style: oneOf("interleaved", "halves"),
    cosines: parameterCheck,
    sines: parameterCheck,
    period: number,
    position: optional(indicesCheck),
  },
  softmax: { x: valueCheck, log: flag },
  "sparse-linear": { x: valueCheck, matrix: sparseCheck },
  unfold: { x: valueCheck, window: windowCheck, source: oneOf("image", "pixels") },
};

const KIND = objectOf({ kind: oneOf(...Object.keys(FIELDS)), path: text });

/**
 * Refuses an operation of which a field is not what it must be, as JavaScript can hand in.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function requireFields(operation: WithoutOutput<Operation>): void {
  KIND("the operation", operation);
  const { kind } = operation;
  objectOf(FIELDS[kind])(kind, operation);
}

function isValue(source: unknown): boolean {
  return typeof source === "object" && source !== null && "graph" in source;
}
