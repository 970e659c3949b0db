import { Butterfly, type FloatArray, type Verification } from "@papilio/butterfly";
import { quantizeButterfly, SampledProduct } from "@papilio/butterfly/matrix";
import { uniform } from "@papilio/butterfly/numeric";
import type { Tensor } from "@papilio/gpu-runtime";
import { encode } from "@papilio/gpu-runtime/kernels";
import type { Case } from "../cases/case.ts";
import type { Adapter } from "../implementations/adapter-problem.ts";
import type { Implementation, Prepared } from "../implementations/implementation.ts";
import { wholePattern } from "../implementations/whole-product.ts";
import { affordableVectors, drawDoubles, drawNumbers, sample } from "./operands.ts";

/** The operands of a case, rounded to its storage type, and the answers to compare with. */
export interface Oracle {
  /** In the precision of the case, as the inputs: in float64, or in float32. */
  readonly butterfly: Butterfly<FloatArray>;
  /** Input in the layout of the case. */
  readonly x: FloatArray;
  /** What the inputs are multiplied by, where it is an adapter's: its factors make up `butterfly`. */
  readonly adapter?: Adapter;
  /** The gradient of the outputs, in the same layout, where that of the factor is computed. */
  readonly dy?: Float32Array;
  /** Number of vectors that {@link check} compares; of a gradient, number of values. */
  readonly verified: number;
  /**
   * Compares an output with the float64 product, element by element.
   *
   * @throws PapilioError `TERMS_INVALID` where sums in half precision are too long for any bound
   */
  check(
    y: FloatArray,
    implementation: Pick<Implementation, "arithmetic" | "halfSums" | "rounded">,
    terms?: Prepared["terms"],
  ): Verification;
  /**
   * How far an output is from the product of the operands as they are, relative to it, by root mean squares: for what
   * rounds them. Absent where nothing does.
   */
  distance?(y: FloatArray): number;
}

/**
 * Draws the operands of a case and multiplies them in float64. Where that would take longer than
 * the benchmark, a seeded sample of the vectors is multiplied and compared, with all its outputs.
 */
export function createOracle({ chain, batch, dtype, layout }: Case, seed: number): Oracle {
  const butterfly =
    dtype === "f64"
      ? Butterfly.random(chain, { seed, dtype: "float64" })
      : quantizeButterfly(Butterfly.random(chain, { seed }), dtype);
  const next = uniform(seed + 1);
  const length = batch * chain.cols;
  const x = dtype === "f64" ? drawDoubles(length, next) : drawNumbers(length, dtype, next);

  const chosen = sample(batch, Math.min(batch, affordableVectors(chain)), next);
  const product = new SampledProduct(butterfly, x, { batch, layout, dtype }, chosen);
  const { magnification } = product;
  const shape = { batch, layout, dtype };
  const ofRounded = new Map<unknown, SampledProduct>();
  const productOf = (rounded: NonNullable<Implementation["rounded"]>): SampledProduct => {
    const known = ofRounded.get(rounded);
    if (known !== undefined) return known;
    const operands = rounded({ butterfly, x }, shape);
    const made = new SampledProduct(operands.butterfly, operands.x, shape, chosen);
    ofRounded.set(rounded, made);
    return made;
  };
  return {
    butterfly,
    x,
    verified: chosen.length,
    distance: (y) =>
      product.verify(y, { sums: dtype === "f16" ? "f32" : dtype, terms: [1], magnification })
        .rmsRelative,
    check: (y, { arithmetic, halfSums = "f32", rounded }, terms) => {
      const sums = dtype === "f16" ? halfSums : dtype;
      if (rounded !== undefined) {
        const own = productOf(rounded);
        const count = terms ?? chain.patterns.map(({ c }) => c);
        return own.verify(y, { sums, terms: count, magnification: own.magnification });
      }
      const roundedValues = { largestInput: magnification };
      return product.verify(
        y,
        terms !== undefined
          ? { sums, terms, magnification, roundedValues }
          : arithmetic === "product" && chain.length > 1
            ? { sums, terms: wholePattern(chain).c, roundedValues: { largestInput: 1 } }
            : { sums, terms: chain.patterns.map(({ c }) => c), magnification },
      );
    },
  };
}

/**
 * Fills an output with NaN whenever it is called, so that an element that is not written shows. What
 * is uploaded is made once.
 */
export function createPoison(y: Tensor): () => void {
  const values = encode(new Float32Array(y.length).fill(Number.NaN), y.dtype);
  const { buffer, offset } = y.memory;
  return () => y.gpu.device.queue.writeBuffer(buffer, offset, values);
}
