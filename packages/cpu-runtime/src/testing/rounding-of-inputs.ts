import { Butterfly, type KroneckerSparse } from "@papilio/butterfly";
import { referenceProduct } from "@papilio/butterfly/matrix";
import { inputBits, type WeightDtype } from "../kernels/packed-weights.ts";

/** The largest number that an input is rounded to. */
function topOf(dtype: WeightDtype): number {
  return 2 ** ((inputBits(dtype) ?? 32) - 1) - 1;
}

/**
 * How far an output may be off for inputs that are rounded, 32 along `c` to a scale: half of a step of each, which is the
 * largest of them over the largest number, times the magnitude of its weight.
 */
export function roundingOfInputs(
  factor: KroneckerSparse,
  dtype: WeightDtype,
  x: Float32Array,
): Float64Array {
  const { a, c, d, cols } = factor.pattern;
  const steps = new Float64Array(cols);
  for (let i = 0; i < a; i++) {
    for (let first = 0; first < c; first += 32) {
      for (let k = 0; k < d; k++) {
        const places = Array.from(
          { length: Math.min(32, c - first) },
          (_, l) => (i * c + first + l) * d + k,
        );
        const largest = Math.max(...places.map((at) => Math.abs(x[at] as number)));
        for (const at of places) steps[at] = largest / topOf(dtype) / 2;
      }
    }
  }
  const shape = { batch: 1, layout: "batch-first" } as const;
  return referenceProduct(new Butterfly([factor]).absolute(), steps, shape);
}

/**
 * What a chain makes of one vector whose inputs are rounded before each factor, and how far each output may be off: a
 * step of the largest number that any input of a factor can have, and what sums in float32 add.
 */
export function roundingOfChain(
  butterfly: Butterfly,
  dtype: WeightDtype,
  x: Float32Array,
): { readonly expected: Float64Array; readonly bounds: Float64Array } {
  const shape = { batch: 1, layout: "batch-first" } as const;
  const { factors } = butterfly;
  const bounds = new Float64Array(butterfly.chain.rows);
  let largest = Math.max(...x.map(Math.abs));
  for (let at = factors.length - 1; at >= 0; at--) {
    const rest = new Butterfly(factors.slice(0, at + 1)).absolute();
    const steps = new Float64Array(rest.chain.cols).fill(largest / topOf(dtype));
    referenceProduct(rest, steps, shape).forEach((value, row) => {
      bounds[row] = (bounds[row] as number) + value;
    });
    const factor = new Butterfly([factors[at] as KroneckerSparse]).absolute();
    const inputs = new Float64Array(factor.chain.cols).fill(largest);
    largest = Math.max(...referenceProduct(factor, inputs, shape));
  }
  return { expected: referenceProduct(butterfly, Float64Array.from(x), shape), bounds };
}
