import type { Activation } from "@papilio/butterfly/numeric";
import { ZERO_FEATURE } from "@papilio/gpu-runtime/kernels";
import { anyNumber, type Check, flag, objectOf, oneOf, optional } from "../arguments/checks.ts";
import type { Indices, Value } from "../graph/value.ts";
import { Linear } from "../layers/linear.ts";
import { Module } from "../modules/module.ts";
import { Parameter } from "../modules/parameter.ts";
import { activate } from "../operations/activation/operation.ts";
import { add, multiply } from "../operations/combine/operation.ts";
import { gatherFeatures } from "../operations/gather-features/operation.ts";
import { gatherVectors } from "../operations/gather-vectors/operation.ts";
import { normalize } from "../operations/normalize/operation.ts";
import { reduceVectors } from "../operations/reduce-vectors/operation.ts";
import { activationCheck } from "../operations/shared/activation-check.ts";

/**
 * How the vectors of a sentence's tokens become one: the first of them, the largest of each feature, the mean,
 * the sum over the square root of their number, and the mean weighted by position, 1, 2, 3 ...
 */
export type Pooling = "cls" | "max" | "mean" | "mean-sqrt-length" | "weighted-mean";

/** Refuses what is not a {@link Pooling}. */
export const poolingCheck: Check = oneOf("cls", "max", "mean", "mean-sqrt-length", "weighted-mean");

/** What comes after pooling, in order. */
export type SentenceStep =
  /** Divides by the Euclidean norm. */
  | { readonly kind: "normalize" }
  | {
      readonly kind: "dense";
      /** Features that it makes. */
      readonly features: number;
      readonly bias?: boolean;
      readonly activation?: Activation | undefined;
    };

const kindCheck = objectOf({ kind: oneOf("normalize", "dense") });
const denseCheck = objectOf({
  features: anyNumber,
  bias: optional(flag),
  activation: optional(activationCheck),
});

/** Refuses what is not a {@link SentenceStep}. */
export const stepCheck: Check = (name, value) => {
  kindCheck(name, value);
  if ((value as SentenceStep).kind === "dense") denseCheck(name, value);
};

interface Sequences {
  /** Vectors of each, those after its length included. */
  readonly period: number;
  readonly lengths: Indices;
}

/** The vector of each sequence; several poolings one after another. */
export function pooled(x: Value, poolings: readonly Pooling[], sequences: Sequences): Value {
  const { features } = x;
  const parts = poolings.map((pooling) => pool(x, pooling, sequences));
  if (parts.length === 1) return parts[0] as Value;
  // Each in its place among zeros, added.
  return parts
    .map((part, index) => {
      const map = new Uint32Array(parts.length * features).fill(ZERO_FEATURE);
      for (let feature = 0; feature < features; feature++)
        map[index * features + feature] = feature;
      return gatherFeatures(part, map, "pooling");
    })
    .reduce((sum, part) => add(sum, part, "pooling"));
}

/** Source: `Pooling.forward` of sentence-transformers. */
function pool(x: Value, pooling: Pooling, { period, lengths }: Sequences): Value {
  const { graph, features, vectors } = x;
  const reduce = (of: Value, kind: "mean" | "sum" | "max"): Value =>
    reduceVectors(of, { path: "pooling", reduce: kind, period, lengths });
  /** Vectors times a number of a table each. */
  const scaled = (of: Value, indices: Indices, numberOf: (index: number) => number): Value => {
    const table = Parameter.of(
      [period + 1, 1],
      Float32Array.from({ length: period + 1 }, (_, index) => numberOf(index)),
    );
    const column = gatherVectors(table, indices, "pooling");
    return multiply(of, gatherFeatures(column, new Uint32Array(features), "pooling"), "pooling");
  };
  switch (pooling) {
    case "max":
    case "mean":
      return reduce(x, pooling);
    case "cls": {
      const first = Uint32Array.from({ length: vectors / period }, (_, index) => index * period);
      return gatherVectors(x, graph.fixed("first tokens", first), "pooling");
    }
    case "mean-sqrt-length":
      return scaled(reduce(x, "mean"), lengths, Math.sqrt);
    case "weighted-mean": {
      const positions = Uint32Array.from({ length: vectors }, (_, index) => index % period);
      const weighted = scaled(x, graph.fixed("positions", positions), (position) => position + 1);
      const sum = (length: number): number => (length * (length + 1)) / 2;
      return scaled(reduce(weighted, "sum"), lengths, (length) => 1 / Math.max(1, sum(length)));
    }
  }
}

/** The steps after pooling, with the parameters `dense.0.weight`, `dense.0.bias` ... of those that have some. */
export class SentenceHead extends Module {
  readonly #steps: readonly ((x: Value) => Value)[];

  constructor(features: number, steps: readonly SentenceStep[], seeds: () => number) {
    super();
    let width = features;
    let layers = 0;
    this.#steps = steps.map((step) => {
      if (step.kind === "normalize") {
        return (x) => normalize(x, { path: this.path, norm: "l2", epsilon: 1e-12 });
      }
      const { bias = true, activation } = step;
      const shape = { inFeatures: width, outFeatures: step.features, bias, seed: seeds() };
      const layer = this.child(String(layers++), new Linear(shape));
      width = step.features;
      return (x) => {
        const y = layer.forward(x);
        return activation === undefined ? y : activate(y, activation, layer.path);
      };
    });
  }

  forward(x: Value): Value {
    return this.#steps.reduce((value, step) => step(value), x);
  }
}
