import { Butterfly, KroneckerSparse, PapilioError, type Pattern } from "@papilio/butterfly";
import {
  type BipolarBits,
  type BipolarValues,
  bipolarToFloats,
  dequantizeValues,
  type FewBits,
  quantizeValues,
  roundBipolar,
  type Sizes,
} from "@papilio/butterfly/numeric";
import { inputBits } from "@papilio/cpu-runtime/kernels";
import type { RoundedOperands } from "./implementation.ts";

/** Bits of weights and of vectors. */
export interface BipolarWidths {
  readonly weights: BipolarBits;
  readonly vectors: BipolarBits;
}

/** Of the types of few bits of weights, those that are measured. */
export const MEASURED_FEW_BITS: readonly FewBits[] = ["q8", "q6", "q4", "q3", "q2", "f8e4m3"];

/** Which bipolar products are measured. */
export const BIPOLAR_WIDTHS: readonly BipolarWidths[] = [
  { weights: 1, vectors: 1 },
  { weights: 2, vectors: 2 },
  { weights: 2, vectors: 4 },
  { weights: 4, vectors: 4 },
];

/** What follows the sum of whole numbers: its conversion and two scales. */
export const BIPOLAR_TERMS: readonly number[] = [3];

/** The end of a name. */
export function widthsName({ weights, vectors }: BipolarWidths): string {
  return `bipolar-w${weights}a${vectors}`;
}

/** @throws PapilioError `OPERATION_MISMATCH` for several factors, of which rounded vectors would lie between */
export function requireFactor(
  name: string,
  { factors }: RoundedOperands["butterfly"],
): KroneckerSparse {
  const [factor] = factors;
  if (factors.length === 1 && factor !== undefined) return factor as KroneckerSparse;
  throw new PapilioError(
    "OPERATION_MISMATCH",
    `${name} multiplies by one factor, and was given ${factors.length}.`,
    "Measure it on patterns of one factor.",
  );
}

/** The weights of a factor as bipolar numbers. */
export function bipolarWeights(
  { pattern, values }: KroneckerSparse,
  bits: BipolarBits,
): BipolarValues {
  return roundBipolar(values, sizesOf(pattern), bits);
}

/** What a product of bipolar numbers multiplies. */
export function roundToBipolar(
  { weights, vectors }: BipolarWidths,
  { butterfly, x }: RoundedOperands,
  { batch, layout }: { readonly batch: number; readonly layout: "batch-first" | "batch-last" },
): RoundedOperands {
  const factor = requireFactor(widthsName({ weights, vectors }), butterfly);
  const { a, c, d } = factor.pattern;
  const shape: Sizes = layout === "batch-first" ? [batch * a, 1, c, d] : [a, 1, c, d * batch];
  return {
    butterfly: ofValues(factor.pattern, bipolarToFloats(bipolarWeights(factor, weights))),
    x: bipolarToFloats(roundBipolar(x, shape, vectors)),
  };
}

/** What a product with weights of few bits multiplies where vectors stay as they are. */
export function roundToFewBits(dtype: FewBits, { butterfly, x }: RoundedOperands): RoundedOperands {
  const { pattern, values } = requireFactor(dtype, butterfly);
  const weights = dequantizeValues(quantizeValues(values, sizesOf(pattern), dtype));
  return { butterfly: ofValues(pattern, Float64Array.from(weights)), x };
}

/** What the CPU multiplies: a single vector is rounded to whole numbers, where codes are. */
export function roundToFewBitsOnCpu(
  dtype: FewBits,
  operands: RoundedOperands,
  { batch }: { readonly batch: number },
): RoundedOperands {
  const { butterfly, x } = roundToFewBits(dtype, operands);
  const { pattern } = requireFactor(dtype, operands.butterfly);
  const bits = batch === 1 ? inputBits(dtype) : undefined;
  return { butterfly, x: bits === undefined ? x : roundedTo(bits, pattern, x) };
}

/** 32 inputs to a scale, as the kernel does, in float32. */
function roundedTo(bits: number, { a, c, d }: Pattern, x: RoundedOperands["x"]): Float64Array {
  const top = 2 ** (bits - 1) - 1;
  const rounded = new Float64Array(x.length);
  for (let i = 0; i < a; i++) {
    for (let k = 0; k < d; k++) {
      for (let first = 0; first < c; first += 32) {
        const places = Array.from(
          { length: Math.min(32, c - first) },
          (_, l) => (i * c + first + l) * d + k,
        );
        const largest = Math.max(...places.map((at) => Math.abs(x[at] as number)));
        if (largest === 0) continue;
        const inverse = Math.fround(top / largest);
        const scale = Math.fround(largest / top);
        for (const at of places) {
          rounded[at] = scale * nearestEven(Math.fround((x[at] as number) * inverse));
        }
      }
    }
  }
  return rounded;
}

/** The nearest whole number, ties to even. */
function nearestEven(value: number): number {
  const large = 1.5 * 2 ** 52;
  return value + large - large;
}

function ofValues(pattern: Pattern, values: Float64Array): Butterfly<Float64Array> {
  return new Butterfly([new KroneckerSparse(pattern, values)]);
}

export function sizesOf({ a, b, c, d }: Pattern): Sizes {
  return [a, b, c, d];
}
