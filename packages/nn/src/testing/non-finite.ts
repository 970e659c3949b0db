import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Activation } from "@papilio/butterfly/numeric";
import { SparseMatrix } from "../adjacency/sparse-matrix.ts";
import { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { Parameter } from "../modules/parameter.ts";
import * as f from "../operations/index.ts";

interface Fixture {
  readonly inputs: Readonly<Record<string, readonly (number | string)[]>>;
  readonly edges: readonly (readonly [target: number, source: number])[];
  readonly expected: Readonly<Record<string, readonly (number | string)[]>>;
}

/** Of `testdata/non-finite/make.py`, whose numbers are numpy's. */
const FIXTURE = JSON.parse(
  readFileSync(resolve(import.meta.dirname, "../../testdata/non-finite/operations.json"), "utf8"),
) as Fixture;

const VECTORS = 6;
const FEATURES = 8;

const EDGES = SparseMatrix.fromEntries([VECTORS, VECTORS], {
  rows: FIXTURE.edges.map(([target]) => target),
  columns: FIXTURE.edges.map(([, source]) => source),
});

function numbersOf(name: string): Float32Array<ArrayBuffer> {
  return Float32Array.from(FIXTURE.inputs[name] ?? [], Number);
}

/** A graph of one operation, whose inputs hold NaN and infinities, and what numpy makes of them. */
export interface NonFiniteCase {
  readonly name: string;
  readonly graph: Graph;
  readonly inputs: Readonly<Record<string, Float32Array>>;
  readonly expected: Float64Array;
}

type Make = (input: (name: string, vectors?: number) => Value) => Value;

function activation(kind: Activation): Make {
  return (input) => f.activate(input("x"), kind);
}

function attention(q: string, k: string, v: string, causal: boolean, queries = VECTORS): Make {
  const options = { sequences: 1, heads: 2, keyValueHeads: 2, causal };
  return (input) => f.attention(input(q, queries), input(k), input(v), options);
}

function linear(input: Value): Value {
  return f.linear(input, Parameter.of([5, FEATURES], numbersOf("weight")));
}

function pool(kind: "max" | "average"): Make {
  const window = {
    images: 1,
    channels: FEATURES,
    size: [1, VECTORS],
    kernel: [1, 3],
    stride: [1, 2],
    padding: [0, 1],
    dilation: [1, 1],
  } as const;
  return (input) => f.pool(input("x"), window, { pool: kind });
}

function reduced(reduce: "sum" | "mean" | "max"): Make {
  return (input) => f.reduceVectors(input("x"), { reduce, period: VECTORS });
}

function aggregated(reduce: "sum" | "mean" | "max"): Make {
  return (input) => f.aggregate(input("x"), EDGES, { reduce });
}

const MAKE: Readonly<Record<string, Make>> = {
  relu: activation({ kind: "relu" }),
  relu6: activation({ kind: "relu", upper: 6 }),
  "leaky-relu": activation({ kind: "leaky-relu", negativeSlope: 0.01 }),
  elu: activation({ kind: "elu", alpha: 1 }),
  gelu: activation({ kind: "gelu", approximate: "none" }),
  "gelu-tanh": activation({ kind: "gelu", approximate: "tanh" }),
  silu: activation({ kind: "silu" }),
  sigmoid: activation({ kind: "sigmoid" }),
  tanh: activation({ kind: "tanh" }),
  linear: (input) => linear(input("x")),
  "linear-relu": (input) => f.activate(linear(input("x")), { kind: "relu" }),
  "linear-tanh": (input) => f.activate(linear(input("x")), { kind: "tanh" }),
  softmax: (input) => f.softmax(input("x")),
  "log-softmax": (input) => f.softmax(input("x"), { log: true }),
  layer: (input) => f.normalize(input("x"), { norm: "layer", epsilon: 1e-5 }),
  rms: (input) => f.normalize(input("x"), { norm: "rms", epsilon: 1e-5 }),
  l2: (input) => f.normalize(input("x"), { norm: "l2", epsilon: 1e-5 }),
  sum: reduced("sum"),
  mean: reduced("mean"),
  max: reduced("max"),
  "max-of-lengths": (input) => {
    const x = input("x");
    const lengths = x.graph.fixed("lengths", Uint32Array.of(1, 0, 1));
    return f.reduceVectors(x, { reduce: "max", period: 2, lengths });
  },
  "aggregate-sum": aggregated("sum"),
  "aggregate-mean": aggregated("mean"),
  "aggregate-max": aggregated("max"),
  "edge-attention": (input) =>
    f.edgeAttention(input("finite"), {
      adjacency: EDGES,
      heads: 2,
      negativeSlope: 0.2,
      sources: input("sources"),
      targets: input("targets"),
    }),
  "pool-max": pool("max"),
  "pool-average": pool("average"),
  add: (input) => f.add(input("x"), input("finite")),
  multiply: (input) => f.multiply(input("x"), input("finite")),
  "attention-queries": attention("x", "finite", "finite", false),
  "attention-keys": attention("finite", "x", "finite", false),
  "attention-keys-causal": attention("finite", "x", "finite", true),
  "attention-one-key": attention("finite", "oneNaN", "finite", true),
  "attention-values": attention("finite", "finite", "oneNaN", false),
  "attention-hidden": attention("positive", "hidden", "finite", true),
  "attention-one-query": attention("finite", "oneNaN", "finite", true, 1),
};

/** A case for each operation; every run of the tests has graphs of its own. */
export function nonFiniteCases(): NonFiniteCase[] {
  return Object.entries(MAKE).map(([name, make]) => {
    const graph = new Graph();
    const inputs: Record<string, Float32Array> = {};
    const values = new Map<string, Value>();
    const input = (from: string, vectors = VECTORS): Value => {
      const called = `${from}${vectors}`;
      const numbers = numbersOf(from);
      const features = numbers.length / VECTORS;
      inputs[called] = numbers.subarray(0, vectors * features);
      const value = values.get(called) ?? graph.input(called, { vectors, features });
      values.set(called, value);
      return value;
    };
    graph.output("y", make(input));
    const expected = Float64Array.from(FIXTURE.expected[name] ?? [], Number);
    return { name, graph, inputs, expected };
  });
}

/**
 * Where an answer is another one: NaN for a number, a number for NaN, or farther away than rounding to
 * `unit` explains.
 */
export function differences(
  actual: ArrayLike<number> | undefined,
  expected: Float64Array,
  unit: number,
): string[] {
  return Array.from(expected, (right, index) => {
    const number = actual?.[index] ?? "nothing";
    if (Object.is(number, right)) return "";
    const close = Math.abs(Number(number) - right) <= 100 * unit * Math.max(1, Math.abs(right));
    return close ? "" : `${index}: ${number} instead of ${right}`;
  }).filter((found) => found !== "");
}
