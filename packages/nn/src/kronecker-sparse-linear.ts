import {
  type BatchShape,
  KroneckerSparse,
  PapilioError,
  type Pattern,
  stridesOf,
  uniform,
} from "@papilio/butterfly";
import { DeviceButterfly, type Gpu, type Tensor } from "@papilio/gpu-runtime";

/** What {@link KroneckerSparseLinear.initialize} needs. */
export interface LinearInitialization {
  readonly pattern: Pattern;
  /** With a bias, as in PyTorch's `Linear`; true by default. */
  readonly bias?: boolean;
  /** Seed of the random numbers: the same seed gives the same layer. */
  readonly seed: number;
}

/**
 * A linear layer `y = W x + bias` whose weight is a Kronecker-sparse factor: a replacement for
 * PyTorch's `Linear` with `a*b*c*d` weights instead of `inFeatures * outFeatures`.
 *
 * Source: arXiv 2405.15013, section 4.
 *
 * @example
 * ```ts
 * const layer = KroneckerSparseLinear.initialize({ pattern: Pattern.parse("6,64,64,1"), seed: 0 });
 * const y = layer.forward(x, { batch: 196, layout: "batch-first" }); // on the CPU
 * using onGpu = layer.to(gpu);
 * using z = await onGpu.forward(tensor);
 * ```
 */
export class KroneckerSparseLinear {
  readonly weight: KroneckerSparse;
  /** `outFeatures` elements, or null. */
  readonly bias: Float32Array | null;

  /** @throws PapilioError `BIAS_LENGTH` unless there is one bias for each output */
  constructor(weight: KroneckerSparse, bias: Float32Array | null = null) {
    if (bias !== null && bias.length !== weight.pattern.rows) {
      throw new PapilioError(
        "BIAS_LENGTH",
        `A layer of pattern ${weight.pattern} has ${weight.pattern.rows} outputs, and the bias has ${bias.length} elements.`,
        "Give one bias for each output, or null.",
      );
    }
    this.weight = weight;
    this.bias = bias;
  }

  /**
   * A layer to be trained: weights uniform in `±1/sqrt(c)`, biases uniform in
   * `±1/sqrt(inFeatures)`, as the published experiments start (arXiv 2405.15013).
   *
   * @throws PapilioError `SEED_INVALID`
   */
  static initialize({ pattern, bias = true, seed }: LinearInitialization): KroneckerSparseLinear {
    const next = uniform(seed);
    const draw = (length: number, bound: number): Float32Array =>
      Float32Array.from({ length }, () => bound * next());
    const weight = new KroneckerSparse(pattern, draw(pattern.nonZeros, 1 / Math.sqrt(pattern.c)));
    return new KroneckerSparseLinear(
      weight,
      bias ? draw(pattern.rows, 1 / Math.sqrt(pattern.cols)) : null,
    );
  }

  get inFeatures(): number {
    return this.weight.pattern.cols;
  }

  get outFeatures(): number {
    return this.weight.pattern.rows;
  }

  /**
   * Computes the layer on the CPU. Sums, bias included, are in float64 and rounded once.
   *
   * @param x `[batch, inFeatures]` or, batch-last, `[inFeatures, batch]`
   * @returns `[batch, outFeatures]` or `[outFeatures, batch]`
   * @throws PapilioError `BATCH_INVALID`, `INPUT_LENGTH`
   */
  forward(x: Float32Array, shape: BatchShape): Float32Array {
    const y = this.weight.convert("float64").apply(Float64Array.from(x), shape);
    const { bias, outFeatures } = this;
    if (bias !== null) {
      const { vector, feature } = stridesOf(shape, outFeatures);
      for (let n = 0; n < shape.batch; n++) {
        for (let f = 0; f < outFeatures; f++) {
          const index = n * vector + f * feature;
          y[index] = (y[index] as number) + (bias[f] as number);
        }
      }
    }
    return Float32Array.from(y);
  }

  /** The same layer on a device. The caller disposes of it. */
  to(gpu: Gpu): DeviceKroneckerSparseLinear {
    return new DeviceKroneckerSparseLinear(gpu, this);
  }
}

/** A {@link KroneckerSparseLinear} on a device: one fused dispatch, the bias added inside it. */
export class DeviceKroneckerSparseLinear implements Disposable {
  readonly layer: KroneckerSparseLinear;
  readonly #weight: DeviceButterfly;

  constructor(gpu: Gpu, layer: KroneckerSparseLinear) {
    this.layer = layer;
    this.#weight = new DeviceButterfly(
      gpu,
      layer.weight,
      layer.bias === null ? {} : { bias: layer.bias },
    );
  }

  /**
   * @param x batch of `inFeatures`
   * @returns batch of `outFeatures` in the layout and dtype of x; the caller's to dispose of
   * @throws PapilioError `TENSOR_MISMATCH`, `F16_UNAVAILABLE`, `BUFFER_TOO_LARGE`
   */
  forward(x: Tensor): Promise<Tensor> {
    return this.#weight.multiply(x);
  }

  dispose(): void {
    this.#weight.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
