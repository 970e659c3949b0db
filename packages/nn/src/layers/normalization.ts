import { anyNumber, flag, number, objectOf, optional } from "../arguments/checks.ts";
import type { Value } from "../graph/value.ts";
import { Module } from "../modules/module.ts";
import { Parameter } from "../modules/parameter.ts";
import { constant } from "../modules/random.ts";
import { normalize } from "../operations/normalize/operation.ts";

export interface LayerNormOptions {
  readonly features: number;
  /** Added to the variance; 1e-5 by default. */
  readonly epsilon?: number;
  /** Whether there is a bias; true by default. */
  readonly bias?: boolean;
}

/** `(x - mean) / sqrt(variance + epsilon) * weight + bias` for each vector (arXiv 1607.06450). */
export class LayerNorm extends Module {
  readonly epsilon: number;
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;

  constructor(options: LayerNormOptions) {
    super();
    objectOf({ features: anyNumber, epsilon: optional(number), bias: optional(flag) })(
      "layer normalization",
      options,
    );
    const { features, epsilon = 1e-5, bias = true } = options;
    this.epsilon = epsilon;
    this.weight = this.parameter("weight", new Parameter([features], constant(1)));
    this.bias = bias ? this.parameter("bias", new Parameter([features])) : undefined;
  }

  forward(x: Value): Value {
    const { path, epsilon, weight, bias } = this;
    return normalize(x, { path, norm: "layer", epsilon, weight, bias });
  }
}

export interface RMSNormOptions {
  readonly features: number;
  /** Added to the mean square; the distance from 1 to the next float32 by default. */
  readonly epsilon?: number;
}

/** `x / sqrt(mean(x^2) + epsilon) * weight` for each vector (arXiv 1910.07467). */
export class RMSNorm extends Module {
  readonly epsilon: number;
  readonly weight: Parameter;

  constructor(options: RMSNormOptions) {
    super();
    objectOf({ features: anyNumber, epsilon: optional(number) })("RMS normalization", options);
    const { features, epsilon = 2 ** -23 } = options;
    this.epsilon = epsilon;
    this.weight = this.parameter("weight", new Parameter([features], constant(1)));
  }

  forward(x: Value): Value {
    const { path, epsilon, weight } = this;
    return normalize(x, { path, norm: "rms", epsilon, weight });
  }
}
