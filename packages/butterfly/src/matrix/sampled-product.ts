import { requireFloats, requireObject, requireWhole } from "../errors/argument-checks.ts";
import { requireButterfly, requireListOf } from "../errors/matrix-checks.ts";
import { type FloatDtype, formatOf } from "../numeric/dtype.ts";
import { type FloatArray, zerosLike } from "../numeric/float-array.ts";
import { type BatchShape, requireVectors, stridesOf } from "../numeric/layout.ts";
import { type Rounding, type Verification, verify } from "../numeric/tolerance.ts";
import type { Butterfly } from "./butterfly.ts";
import { referenceProduct } from "./reference-product.ts";
import { subnormalOperands } from "./subnormal-operands.ts";

/**
 * The float64 product of some vectors of a batch, to compare outputs of the whole batch with: where the
 * batch is large, a reference of all would take longer than what it verifies.
 */
export class SampledProduct {
  /** The vectors compared, by their numbers in the batch. */
  readonly vectors: readonly number[];
  /** By how much the chain can make the largest input larger, at most: for {@link Rounding}. */
  readonly magnification: number;
  readonly #rows: number;
  readonly #shape: BatchShape;
  readonly #reference: Float64Array;
  readonly #magnitude: Float64Array;
  readonly #storage: Pick<Rounding, "dtype" | "subnormalOperands">;

  /**
   * @param inputs `[batch, cols]` or `[cols, batch]`, as `shape` says
   * @param shape dtype: what the inputs and the values of factors are rounded to already
   * @param vectors numbers below the batch, each once
   * @throws PapilioError `BATCH_INVALID`, `LAYOUT_INVALID`, `INPUT_LENGTH`, `ARRAY_TYPE`, `OPTION_INVALID`
   */
  constructor(
    butterfly: Butterfly<FloatArray>,
    inputs: FloatArray,
    shape: BatchShape & { readonly dtype: FloatDtype },
    vectors: readonly number[],
  ) {
    requireButterfly("The matrix", butterfly);
    requireFloats("The inputs", inputs);
    stridesOf(shape, butterfly.chain.cols); // refuses a bad shape
    requireVectors("input", inputs.length, butterfly.chain.cols, shape.batch);
    requireListOf("The vectors", vectors, (name, vector) => requireWhole(name, vector, 0));
    const { batch, layout, dtype } = shape;
    formatOf(dtype); // refuses one that there is not
    const { rows, cols } = butterfly.chain;
    this.vectors = vectors;
    this.#rows = rows;
    this.#shape = { batch, layout };
    const sampled = { batch: vectors.length, layout };
    const some = Float64Array.from(this.#gather(inputs, cols));
    this.#reference = referenceProduct(butterfly, some, sampled);
    this.#magnitude = referenceProduct(butterfly.absolute(), some.map(Math.abs), sampled);
    this.magnification = butterfly.magnification();
    this.#storage = {
      dtype,
      subnormalOperands: subnormalOperands(butterfly, some, this.#magnitude, { ...sampled, dtype }),
    };
  }

  /**
   * Compares the sampled vectors of an output. `worstIndex` is in an output of the sampled vectors alone,
   * in the layout of the whole: {@link placeOf} has the vector and the feature.
   *
   * @param output of the whole batch
   * @param rounding how it was computed; how it is stored is known
   * @throws PapilioError `OUTPUT_LENGTH`, `ARRAY_TYPE`, `OPTION_INVALID`; `TERMS_INVALID` where sums in half precision are too long for any bound
   */
  verify(
    output: FloatArray,
    rounding: Omit<Rounding, "dtype" | "subnormalOperands">,
  ): Verification {
    requireFloats("The output", output);
    requireVectors("output", output.length, this.#rows, this.#shape.batch);
    requireObject("The rounding", rounding, "an object with terms");
    return verify(this.#gather(output, this.#rows), this.#reference, this.#magnitude, {
      ...this.#storage,
      ...rounding,
    });
  }

  /** Whose output an index of {@link verify} is: the number of the vector in the batch, and the feature. */
  placeOf(index: number): { readonly vector: number; readonly feature: number } {
    requireWhole("The index", index, 0);
    const { length } = this.vectors;
    const [vector, feature] =
      this.#shape.layout === "batch-first"
        ? [Math.floor(index / this.#rows), index % this.#rows]
        : [index % length, Math.floor(index / length)];
    return { vector: this.vectors[vector] as number, feature };
  }

  /** The sampled vectors, in the layout of the whole. */
  #gather(values: FloatArray, features: number): FloatArray {
    const { layout } = this.#shape;
    const source = stridesOf(this.#shape, features);
    const target = stridesOf({ batch: this.vectors.length, layout }, features);
    const gathered = zerosLike(values, this.vectors.length * features);
    this.vectors.forEach((vector, position) => {
      for (let f = 0; f < features; f++) {
        gathered[position * target.vector + f * target.feature] = values[
          vector * source.vector + f * source.feature
        ] as number;
      }
    });
    return gathered;
  }
}
