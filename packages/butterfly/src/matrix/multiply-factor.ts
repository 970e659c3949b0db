import { requireFloats, requireObject } from "../errors/argument-checks.ts";
import { requireFactor } from "../errors/matrix-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import { type FloatArray, zeros } from "../numeric/float-array.ts";
import { type BatchShape, requireVectors, stridesOf } from "../numeric/layout.ts";
import type { KroneckerSparse } from "./kronecker-sparse.ts";

/**
 * `y = W x` for a batch of vectors and a Kronecker-sparse factor, of which all reference products are made:
 *
 *     y[i, j, k] = Σ_l  values[i, j, l, k] · x[i, l, k]
 *
 * for each of the `a*d` blocks `(i, k)`: gather the block's inputs, multiply by the dense `b×c`
 * block, scatter its outputs. Products and sums are in float64, in order of increasing `l`, and
 * each output is rounded once to the element type of `y`. In float32 the products are exact.
 *
 * Takes `batch*a*b*c*d` multiplications, and `(c + 1)*batch` numbers of scratch memory.
 *
 * @param x `[batch, cols]` when batch-first, `[cols, batch]` when batch-last
 * @param y where the result goes, `[batch, rows]` or `[rows, batch]`; shares no memory with `x`
 * @returns `y`
 * @throws PapilioError `ARRAY_TYPE`, `ARRAY_DETACHED`, `BATCH_INVALID`, `LAYOUT_INVALID`,
 *   `INPUT_LENGTH`, `OUTPUT_LENGTH`, `OUTPUT_OVERLAPS_INPUT`, `ARRAY_TOO_LARGE`
 */
export function multiplyFactor<Y extends FloatArray>(
  factor: KroneckerSparse<FloatArray>,
  x: FloatArray,
  shape: BatchShape,
  y: Y,
): Y {
  requireFactor("The factor", factor);
  const { pattern, values, stored, sharing } = factor;
  const { a, b, c, d, rows, cols } = pattern;
  requireFloats("The input", x);
  requireFloats("The output", y);
  const from = stridesOf(shape, cols);
  const to = stridesOf(shape, rows);
  const { batch } = shape;
  requireVectors("input", x.length, cols, batch);
  requireVectors("output", y.length, rows, batch);
  requireDisjoint(x, y);

  const inputs = zeros("float64", c * batch); // [c, batch]: what block (i, k) reads
  const sums = zeros("float64", batch);
  for (let i = 0; i < a; i++) {
    for (let k = 0; k < d; k++) {
      for (let l = 0; l < c; l++) {
        const column = ((i * c + l) * d + k) * from.feature;
        for (let n = 0; n < batch; n++) {
          inputs[l * batch + n] = x[column + n * from.vector] as number;
        }
      }
      const [storedI, storedK] = [sharing.a ? 0 : i, sharing.d ? 0 : k];
      for (let j = 0; j < b; j++) {
        sums.fill(0);
        for (let l = 0; l < c; l++) {
          const at = ((storedI * b + j) * c + l) * stored.d + storedK;
          addScaled(sums, values[at] as number, inputs, l * batch);
        }
        const row = ((i * b + j) * d + k) * to.feature;
        for (let n = 0; n < batch; n++) y[row + n * to.vector] = sums[n] as number;
      }
    }
  }
  return y;
}

/** `sums += value · inputs[start...]`. Apart, so that engines compile it for float64 alone. */
function addScaled(sums: Float64Array, value: number, inputs: Float64Array, start: number): void {
  for (let n = 0; n < sums.length; n++) {
    sums[n] = (sums[n] as number) + value * (inputs[start + n] as number);
  }
}

/** @throws PapilioError `OUTPUT_OVERLAPS_INPUT` when two arrays share memory */
export function requireDisjoint(x: ArrayBufferView, y: ArrayBufferView): void {
  requireObject("The input", x, "an array", "buffer");
  requireObject("The output", y, "an array", "buffer");
  const overlap =
    x.buffer === y.buffer &&
    x.byteOffset < y.byteOffset + y.byteLength &&
    y.byteOffset < x.byteOffset + x.byteLength;
  if (!overlap) return;
  throw new PapilioError(
    "OUTPUT_OVERLAPS_INPUT",
    `The output shares memory with the input (${y.byteLength} and ${x.byteLength} bytes of one buffer).`,
    "Pass an output of its own: inputs are read after the first outputs are written.",
  );
}
