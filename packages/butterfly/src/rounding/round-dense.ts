import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import type { FewBits } from "../numeric/code-grids.ts";
import type { QuantizedValues } from "../numeric/few-bits.ts";
import { SHORT_ROW } from "../numeric/few-bits-groups.ts";
import { Pattern } from "../pattern/pattern.ts";
import type { TimeSlicer } from "../threads/time-slicer.ts";
import { Descent } from "./descend.ts";
import { RowDescent } from "./descend-rows.ts";
import { ErrorFeedback } from "./error-feedback.ts";
import { RoundedFactor } from "./rounded-factor.ts";
import {
  applyGram,
  type Factor,
  type Gram,
  transposed,
  type Weighting,
  weightsOf,
} from "./surroundings.ts";

/** Values of the rows that are rounded at a time. */
const VALUES = 2 ** 20;
/** The same where rows depend on each other: between those of other times, they are taken as if they did not. */
const WEIGHTED_VALUES = 2 ** 22;

/** Rounds a dense matrix for inputs of given second moments, some rows at a time. */
export async function roundDense(
  { pattern, values: exact }: Factor,
  dtype: FewBits,
  { moments, outputs }: Weighting & { readonly moments: Gram },
  slicer: TimeSlicer,
): Promise<QuantizedValues> {
  const { rows, cols } = pattern;
  const alone = new ErrorFeedback(moments, undefined);
  const values = outputs === undefined ? VALUES : WEIGHTED_VALUES;
  // Short rows share scales with others.
  const most = cols < SHORT_ROW ? rows : Math.max(1, Math.floor(values / cols));
  const codes = new Uint8Array(exact.length);
  const scales: Uint16Array[] = [];
  for (let first = 0; first < rows; first += most) {
    const count = Math.min(most, rows - first);
    const part = exact.subarray(first * cols, (first + count) * cols);
    const factor = new KroneckerSparse(new Pattern(1, count, cols, 1), part);
    const own = outputs && partOf(outputs, first, count);
    const weights = weightsOf(factor, moments, own);
    const rounded = new RoundedFactor(factor.pattern, dtype, part, weights);
    const feedback = own === undefined ? alone : new ErrorFeedback(moments, own);
    await feedback.round(rounded, part, slicer);
    const missing = rounded.factor().values;
    for (let at = 0; at < part.length; at++) {
      missing[at] = (part[at] as number) - (missing[at] as number);
    }
    // `(W - B) H` is the transpose of `H (W - B)^T`.
    const errors = transposed(applyGram(moments, transposed(missing, cols), count), count);
    const descent =
      own === undefined
        ? new Descent(rounded, errors, moments, undefined)
        : new RowDescent(rounded, applyGram(own, errors, cols), moments, own);
    await descent.run(slicer);
    const quantized = rounded.quantized();
    codes.set(quantized.codes, first * cols);
    scales.push(quantized.scales);
  }
  const all = new Uint16Array(scales.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const own of scales) {
    all.set(own, at);
    at += own.length;
  }
  return { dtype, shape: [1, rows, cols, 1], codes, scales: all };
}

function partOf({ size, values }: Gram, first: number, count: number): Gram {
  const part = new Float64Array(count * count);
  for (let row = 0; row < count; row++) {
    const from = (first + row) * size + first;
    part.set(values.subarray(from, from + count), row * count);
  }
  return { size: count, values: part };
}
