import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import type { FewBits, QuantizedValues } from "../numeric/few-bits.ts";
import { SHORT_ROW } from "../numeric/few-bits-groups.ts";
import { Pattern } from "../pattern/pattern.ts";
import type { TimeSlicer } from "../threads/time-slicer.ts";
import { Descent } from "./descend.ts";
import { ErrorFeedback } from "./error-feedback.ts";
import { RoundedFactor } from "./rounded-factor.ts";
import { apply, type Factor, type Gram, transposed, weightsOf } from "./surroundings.ts";

/** Values of the rows that are rounded at a time, which do not depend on others. */
const VALUES = 2 ** 20;

/** Rounds a dense matrix for inputs of given second moments, some rows at a time. */
export async function roundDense(
  { pattern, values }: Factor,
  dtype: FewBits,
  moments: Gram,
  slicer: TimeSlicer,
): Promise<QuantizedValues> {
  const { rows, cols } = pattern;
  const feedback = new ErrorFeedback(moments, undefined);
  // Short rows share scales with others.
  const most = cols < SHORT_ROW ? rows : Math.max(1, Math.floor(VALUES / cols));
  const codes = new Uint8Array(values.length);
  const scales: Uint16Array[] = [];
  for (let first = 0; first < rows; first += most) {
    const count = Math.min(most, rows - first);
    const part = values.subarray(first * cols, (first + count) * cols);
    const factor = new KroneckerSparse(new Pattern(1, count, cols, 1), part);
    const weights = weightsOf(factor, moments, undefined);
    const rounded = new RoundedFactor(factor.pattern, dtype, part, weights);
    await feedback.round(rounded, part, slicer);
    const missing = rounded.factor().values;
    for (let at = 0; at < part.length; at++) {
      missing[at] = (part[at] as number) - (missing[at] as number);
    }
    // `(W - B) H` is the transpose of `H (W - B)^T`.
    const slope = transposed(apply([asFactor(moments)], transposed(missing, cols), count), count);
    await new Descent(rounded, slope, moments, undefined).run(slicer);
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

function asFactor({ size, values }: Gram): Factor {
  return new KroneckerSparse(new Pattern(1, size, size, 1), values);
}
