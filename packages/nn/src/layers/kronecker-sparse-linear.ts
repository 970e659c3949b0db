import { Chain, KroneckerSparse, type Pattern } from "@papilio/butterfly";
import { flag, having, number, objectOf, optional } from "../arguments/checks.ts";
import type { Value } from "../graph/value.ts";
import { Parameter } from "../modules/parameter.ts";
import { uniformWithin } from "../modules/random.ts";
import type { Matrix } from "../operations/linear/matrix.ts";
import { linear } from "../operations/linear/operation.ts";
import { biasParameter, LinearLayer } from "./linear-layer.ts";

/** What a {@link KroneckerSparseLinear} is made of. */
export interface KroneckerSparseLinearOptions {
  /** The weight's pattern, or the weight itself. */
  readonly weight: Pattern | KroneckerSparse;
  /** With a bias; true by default. */
  readonly bias?: boolean;
  readonly seed?: number;
}

/**
 * A linear layer whose weight is a Kronecker-sparse factor: it stands in for PyTorch's `Linear`, with
 * `a*b*c*d` weights instead of `inFeatures * outFeatures`. It starts with weights uniform in
 * `±1/sqrt(c)` and biases uniform in `±1/sqrt(inFeatures)`.
 *
 * Source: arXiv 2405.15013, section 4.
 *
 * @example
 * ```ts
 * const layer = new KroneckerSparseLinear({ weight: Pattern.parse("6,64,64,1"), seed: 0 });
 * ```
 */
export class KroneckerSparseLinear extends LinearLayer {
  readonly pattern: Pattern;
  /** `[a, b, c, d]`. */
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;

  constructor(options: KroneckerSparseLinearOptions) {
    super();
    objectOf({
      weight: having("a Pattern or a KroneckerSparse"),
      bias: optional(flag),
      seed: optional(number),
    })("a Kronecker-sparse layer", options);
    const { weight, bias = true, seed = 0 } = options;
    const given = weight instanceof KroneckerSparse;
    const pattern = given ? weight.pattern : weight;
    having("a Pattern or a KroneckerSparse", "a", "b", "c", "d")("The weight", pattern);
    const { a, b, c, d } = pattern;
    this.pattern = pattern;
    this.weight = this.parameter(
      "weight",
      given
        ? Parameter.of([a, b, c, d], weight.expand().values)
        : new Parameter([a, b, c, d], uniformWithin(1 / Math.sqrt(c), seed)),
    );
    const { inFeatures, outFeatures } = this;
    this.bias = bias
      ? this.parameter("bias", biasParameter({ inFeatures, outFeatures, seed }))
      : undefined;
  }

  get inFeatures(): number {
    return this.pattern.cols;
  }

  get outFeatures(): number {
    return this.pattern.rows;
  }

  get matrices(): readonly Matrix[] {
    return [{ chain: Chain.of([this.pattern]), factors: [this.weight] }];
  }

  forward(x: Value): Value {
    return linear(x, this.matrices[0] as Matrix, { path: this.path, bias: this.bias });
  }
}
