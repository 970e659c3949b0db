import type { KroneckerSparse } from "@papilio/butterfly";
import type { Gpu } from "../device/gpu.ts";
import { Program } from "../program/program.ts";
import { Tensor } from "../tensor/tensor.ts";
import { prepareKroneckerSparse } from "./kronecker-sparse.ts";
import type { Multiplication } from "./multiplication.ts";

/**
 * A Kronecker-sparse factor on the device. Weights are packed and uploaded at the first
 * multiplication of each shape, layout and dtype, and kept until {@link dispose}.
 *
 * @example
 * ```ts
 * using weights = new DeviceFactor(gpu, KroneckerSparse.random(Pattern.parse("4,64,64,4"), { seed: 0 }));
 * using y = await weights.multiply(x);
 * const result = await y.data();
 * ```
 */
export class DeviceFactor implements Disposable {
  readonly gpu: Gpu;
  readonly factor: KroneckerSparse;
  readonly #bias: Float32Array | undefined;
  readonly #prepared = new Map<string, Multiplication>();

  /** @param bias added to every output: `pattern.rows` elements */
  constructor(gpu: Gpu, factor: KroneckerSparse, bias?: Float32Array) {
    this.gpu = gpu;
    this.factor = factor;
    this.#bias = bias;
  }

  /** Device memory held, in bytes. */
  get bytes(): number {
    return [...this.#prepared.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /**
   * Computes `y = W x (+ bias)` with the fused kernel. Returns once the work is submitted; read y
   * with `data()`.
   *
   * @param x batch of `pattern.cols` features
   * @returns batch of `pattern.rows` features in the layout and dtype of x; the caller's to dispose of
   * @throws PapilioError `TENSOR_MISMATCH` when x has another number of features
   */
  async multiply(x: Tensor): Promise<Tensor> {
    const multiplication = this.#prepare(x);
    const y = new Tensor(this.gpu, {
      batch: x.batch,
      features: this.factor.pattern.rows,
      layout: x.layout,
      dtype: x.dtype,
      label: `output of ${this.factor.pattern}`,
    });
    try {
      using program = await Program.record(this.gpu, multiplication.steps(x, y));
      program.run();
      return y;
    } catch (error) {
      y.dispose();
      throw error;
    }
  }

  /** Frees the packed weights. The factor can be used again: they are then packed anew. */
  dispose(): void {
    for (const multiplication of this.#prepared.values()) multiplication.dispose();
    this.#prepared.clear();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #prepare({ batch, layout, dtype }: Tensor): Multiplication {
    const key = `${batch} ${layout} ${dtype}`;
    let multiplication = this.#prepared.get(key);
    if (multiplication === undefined) {
      multiplication = prepareKroneckerSparse(
        this.gpu,
        this.factor,
        { batch, layout, dtype },
        this.#bias === undefined ? {} : { bias: this.#bias },
      );
      this.#prepared.set(key, multiplication);
    }
    return multiplication;
  }
}
