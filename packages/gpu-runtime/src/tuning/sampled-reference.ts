import type { Butterfly } from "@papilio/butterfly";
import { SampledProduct } from "@papilio/butterfly/matrix";
import type { InputShape } from "../tensor/input-shape.ts";

/** Products and outputs of the reference, at most, so that it takes a fraction of a second. */
const MOST_PRODUCTS = 2 ** 24;
const MOST_OUTPUTS = 2 ** 20;

/** Says what is wrong with outputs of a multiplication, by the float64 product of some vectors. */
export class SampledReference {
  readonly #product: SampledProduct;

  /** @param inputs of `shape`; they and the factors' values as rounded to its dtype */
  constructor(butterfly: Butterfly, inputs: Float32Array, shape: InputShape) {
    const { chain } = butterfly;
    const most = Math.min(MOST_PRODUCTS / chain.nonZeros, MOST_OUTPUTS / chain.rows);
    const count = Math.min(Math.max(2, Math.floor(most)), shape.batch);
    this.#product = new SampledProduct(butterfly, inputs, shape, spread(count, shape.batch));
  }

  /**
   * @param terms the sums that make an output, as `verify` takes them
   * @returns what is wrong with an output of the whole batch, or undefined
   */
  check(output: Float32Array, terms: readonly number[]): string | undefined {
    const lost = output.findIndex((value) => !Number.isFinite(value));
    if (lost >= 0) return `element ${lost} of the output is ${output[lost]}`;
    const { magnification } = this.#product;
    const found = this.#product.verify(output, {
      terms,
      magnification,
      // Inputs are below 1, and so are those of a factor that was merged but for the others' doing.
      roundedValues: { largestInput: magnification },
    });
    if (found.ok) return undefined;
    const { vector, feature } = this.#product.placeOf(found.worstIndex);
    return `output ${feature} of vector ${vector} is wrong by ${found.maxRatio.toPrecision(3)} times what rounding allows`;
  }
}

/** `count` numbers from 0 to `total - 1`, evenly spread, both ends among them. */
export function spread(count: number, total: number): number[] {
  if (count === 1) return [0];
  return Array.from({ length: count }, (_, index) =>
    Math.round((index * (total - 1)) / (count - 1)),
  );
}
