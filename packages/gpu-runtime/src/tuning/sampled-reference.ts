import { type Butterfly, verify } from "@papilio/butterfly";
import { subnormalOperands } from "@papilio/butterfly/matrix";
import { stridesOf } from "@papilio/butterfly/numeric";
import type { InputShape } from "../tensor/input-shape.ts";

/** Products and outputs of the reference, at most, so that it takes a fraction of a second. */
const MOST_PRODUCTS = 2 ** 24;
const MOST_OUTPUTS = 2 ** 20;

/**
 * The float64 product of some vectors of a batch, the first and the last among them: where the batch
 * is large, a reference of all would take longer than the tuning.
 */
export class SampledReference {
  readonly #rows: number;
  readonly #shape: InputShape;
  /** The vectors compared. */
  readonly #sampled: readonly number[];
  readonly #reference: Float64Array;
  readonly #magnitude: Float64Array;
  readonly #magnification: number;
  readonly #subnormalOperands: number;

  /** @param inputs of `shape`; they and the factors' values as rounded to its dtype */
  constructor(butterfly: Butterfly, inputs: Float32Array, shape: InputShape) {
    const { chain } = butterfly;
    const most = Math.min(MOST_PRODUCTS / chain.nonZeros, MOST_OUTPUTS / chain.rows);
    const count = Math.min(Math.max(2, Math.floor(most)), shape.batch);
    this.#rows = chain.rows;
    this.#shape = shape;
    this.#sampled = spread(count, shape.batch);
    const some = Float64Array.from(this.#gather(inputs, chain.cols));
    const reduced = { batch: this.#sampled.length, layout: "batch-first" } as const;
    this.#reference = butterfly.apply(some, reduced);
    this.#magnitude = butterfly.absolute().apply(some.map(Math.abs), reduced);
    this.#magnification = butterfly.magnification();
    this.#subnormalOperands = subnormalOperands(butterfly, some, this.#magnitude, {
      ...reduced,
      dtype: shape.dtype,
    });
  }

  /**
   * @param terms the sums that make an output, as `verify` takes them
   * @returns what is wrong with an output of the whole batch, or undefined
   */
  check(output: Float32Array, terms: readonly number[]): string | undefined {
    const rows = this.#rows;
    const lost = output.findIndex((value) => !Number.isFinite(value));
    if (lost >= 0) return `element ${lost} of the output is ${output[lost]}`;
    const found = verify(this.#gather(output, rows), this.#reference, this.#magnitude, {
      dtype: this.#shape.dtype,
      terms,
      magnification: this.#magnification,
      // Inputs are below 1, and so are those of a factor that was merged but for the others' doing.
      roundedValues: { largestInput: this.#magnification },
      subnormalOperands: this.#subnormalOperands,
    });
    if (found.ok) return undefined;
    const vector = this.#sampled[Math.floor(found.worstIndex / rows)];
    return `output ${found.worstIndex % rows} of vector ${vector} is wrong by ${found.maxRatio.toPrecision(3)} times what rounding allows`;
  }

  /** The sampled vectors, batch-first. */
  #gather(values: Float32Array, features: number): Float32Array {
    const { vector, feature } = stridesOf(this.#shape, features);
    const gathered = new Float32Array(this.#sampled.length * features);
    this.#sampled.forEach((index, row) => {
      for (let f = 0; f < features; f++) {
        gathered[row * features + f] = values[index * vector + f * feature] as number;
      }
    });
    return gathered;
  }
}

/** `count` numbers from 0 to `total - 1`, evenly spread, both ends among them. */
function spread(count: number, total: number): number[] {
  if (count === 1) return [0];
  return Array.from({ length: count }, (_, index) =>
    Math.round((index * (total - 1)) / (count - 1)),
  );
}
