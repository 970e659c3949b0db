import type { Value } from "../graph/value.ts";
import { Parameter } from "../modules/parameter.ts";
import { uniformWithin } from "../modules/random.ts";
import type { Matrix } from "../operations/linear/matrix.ts";
import { denseMatrix } from "../operations/linear/matrix.ts";
import { linear } from "../operations/linear/operation.ts";
import {
  biasParameter,
  type LinearFactory,
  LinearLayer,
  type LinearShape,
  linearShapeCheck,
} from "./linear-layer.ts";

/**
 * A linear layer with a dense weight `[outFeatures, inFeatures]`. It starts as PyTorch's: weights and
 * biases uniform in `±1/sqrt(inFeatures)`.
 *
 * @example
 * ```ts
 * const layer = new Linear({ inFeatures: 384, outFeatures: 1536 });
 * ```
 */
export class Linear extends LinearLayer {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;

  constructor(shape: LinearShape) {
    super();
    linearShapeCheck("a linear layer", shape);
    const { inFeatures, outFeatures, bias = true, seed = 0 } = shape;
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.weight = this.parameter(
      "weight",
      new Parameter([outFeatures, inFeatures], uniformWithin(1 / Math.sqrt(inFeatures), seed)),
    );
    this.bias = bias ? this.parameter("bias", biasParameter(shape)) : undefined;
  }

  get matrices(): readonly Matrix[] {
    return [denseMatrix(this.weight)];
  }

  forward(x: Value): Value {
    return linear(x, this.weight, { path: this.path, bias: this.bias });
  }
}

/** Dense layers, as models have them by default. */
export const dense: LinearFactory = (shape) => new Linear(shape);
