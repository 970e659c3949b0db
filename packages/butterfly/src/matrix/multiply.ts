import { requireFloats, requireObject } from "../errors/argument-checks.ts";
import { requireFactor } from "../errors/matrix-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import { type FloatArray, zeros, zerosLike } from "../numeric/float-array.ts";
import { type BatchShape, requireVectors, stridesOf } from "../numeric/layout.ts";
import type { KroneckerSparse } from "./kronecker-sparse.ts";

/**
 * The reference multiplication `y = W x` of a batch of vectors by a Kronecker-sparse factor:
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
 * @returns a new array like `x`, `[batch, rows]` or `[rows, batch]`
 * @throws PapilioError `ARRAY_TYPE`, `ARRAY_DETACHED`, `BATCH_INVALID`, `LAYOUT_INVALID`,
 *   `INPUT_LENGTH`, `ARRAY_TOO_LARGE`
 *
 * @example
 * ```ts
 * const factor = KroneckerSparse.random(Pattern.parse("4,64,64,4"), { seed: 0 });
 * const x = new Float32Array(2 * 1024).fill(1);
 * const y = multiply(factor, x, { batch: 2, layout: "batch-first" });
 * ```
 */
export function multiply<X extends FloatArray>(
  factor: KroneckerSparse<FloatArray>,
  x: X,
  shape: BatchShape,
): X;
/**
 * The same, into an array of the caller's.
 *
 * @param y where the result goes, `[batch, rows]` or `[rows, batch]`. It must not share memory with
 *   `x`.
 * @returns `y`
 * @throws PapilioError `OUTPUT_LENGTH`, `OUTPUT_OVERLAPS_INPUT`, and what the other signature throws
 */
export function multiply<Y extends FloatArray>(
  factor: KroneckerSparse<FloatArray>,
  x: FloatArray,
  shape: BatchShape,
  y: Y,
): Y;
export function multiply(
  factor: KroneckerSparse<FloatArray>,
  x: FloatArray,
  shape: BatchShape,
  y?: FloatArray,
): FloatArray {
  requireFactor("The factor", factor);
  const { pattern, values, stored, sharing } = factor;
  const { a, b, c, d, rows, cols } = pattern;
  requireFloats("The input", x);
  if (y !== undefined) requireFloats("The output", y);
  const from = stridesOf(shape, cols);
  const to = stridesOf(shape, rows);
  const { batch } = shape;
  requireVectors("input", x.length, cols, batch);
  const output = y ?? zerosLike(x, batch * rows);
  requireVectors("output", output.length, rows, batch);
  requireDisjoint(x, output);

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
        for (let n = 0; n < batch; n++) output[row + n * to.vector] = sums[n] as number;
      }
    }
  }
  return output;
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
