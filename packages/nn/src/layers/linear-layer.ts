import {
  anyNumber,
  type Check,
  type Checks,
  flag,
  number,
  objectOf,
  optional,
} from "../arguments/checks.ts";
import type { Value } from "../graph/value.ts";
import { Module } from "../modules/module.ts";
import { Parameter } from "../modules/parameter.ts";
import { uniformWithin } from "../modules/random.ts";
import type { Matrix } from "../operations/linear/matrix.ts";

/** What a linear layer is made for. */
export interface LinearShape {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** With a bias, as in PyTorch's `Linear`; true by default. */
  readonly bias?: boolean;
  /** Seed of its first numbers; 0 by default. */
  readonly seed?: number;
}

/** What a {@link LinearShape} is made of. */
export const linearChecks: Checks = {
  inFeatures: anyNumber,
  outFeatures: anyNumber,
  bias: optional(flag),
  seed: optional(number),
};

/** Refuses what is not a {@link LinearShape}. */
export const linearShapeCheck: Check = objectOf(linearChecks);

/** Makes a linear layer of a shape: how a model is given the kind of its layers. */
export type LinearFactory = (shape: LinearShape) => LinearLayer;

/** `y = W x + bias`, whatever W is. */
export abstract class LinearLayer extends Module {
  abstract readonly inFeatures: number;
  abstract readonly outFeatures: number;
  /** `[outFeatures]`. */
  abstract readonly bias: Parameter | undefined;
  /** Products of which W is made, left-most first. */
  abstract readonly matrices: readonly Matrix[];

  /** @param x vectors of `inFeatures`. Throws `GRAPH_SHAPE`. */
  abstract forward(x: Value): Value;

  /** Numbers of W: multiplications for each vector. */
  get weightCount(): number {
    return this.matrices.reduce((sum, { chain }) => sum + chain.nonZeros, 0);
  }
}

/** A parameter of biases uniform in `±1/sqrt(inFeatures)`, as PyTorch's `Linear` starts. */
export function biasParameter({ inFeatures, outFeatures, seed = 0 }: LinearShape): Parameter {
  return new Parameter([outFeatures], uniformWithin(1 / Math.sqrt(inFeatures), (seed ^ 1) >>> 0));
}
