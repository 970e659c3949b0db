import { requireFloats, requireProgress } from "../errors/argument-checks.ts";
import { describeValue } from "../errors/describe-value.ts";
import { requireButterfly } from "../errors/matrix-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import { scaleProduct } from "../matrix/balance.ts";
import { Butterfly } from "../matrix/butterfly.ts";
import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import { referenceProduct } from "../matrix/reference-product.ts";
import { type FloatArray, floatTypeOf } from "../numeric/float-array.ts";
import type { BatchShape } from "../numeric/layout.ts";
import { safeExponent, timesPowerOfTwo } from "../numeric/powers-of-two.ts";
import { TimeSlicer } from "../threads/time-slicer.ts";
import { validateTarget } from "./target.ts";

export interface RefineOptions<V extends FloatArray = FloatArray> {
  /**
   * `[cols, samples]` row-major: vectors that the matrix is multiplied by in use, such as the
   * activations of a layer. The error that is made small is then `|(A - B) X|`; without it, `|A - B|`.
   */
  readonly inputs?: FloatArray;
  /** Most sweeps over all factors; 20 unless given. */
  readonly sweeps?: number;
  /** Ends when a sweep lowers the error by less than this share; 1e-4 unless given. */
  readonly tolerance?: number;
  /** Stops within a step; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * Called with the relative error and the factors before the first sweep, as number 0, and after each that
   * made the error smaller; waited for.
   */
  readonly onProgress?: (
    error: number,
    sweep: number,
    matrix: Butterfly<V>,
  ) => void | Promise<void>;
}

/** What {@link refine} finds. */
export interface Refinement<V extends FloatArray> {
  /** In the precision of the matrix; the one that was given if that could not be improved. */
  readonly matrix: Butterfly<V>;
  /** `|(A - B) X| / |A X|`, before the first sweep and after each, never larger than before. */
  readonly errors: readonly number[];
}

/** Steps of conjugate gradients for one factor in a sweep. The next sweep goes on from there. */
const STEPS = 8;

/**
 * Alternating least squares: improves the factors of a butterfly one after the other, the others held
 * fixed, so that the product comes nearer to a matrix, in the Frobenius norm or as far as given inputs
 * tell. Each factor by conjugate gradients on its values, started from what they are: the error never
 * grows. In closed form a Monarch chain is optimal without inputs; longer chains are within a factor
 * of the best, which this makes up for in part.
 *
 * A step takes `4·samples·nonZeros` multiplications, and five arrays of `max(rows, cols)·samples`
 * numbers in double precision are held.
 *
 * Source: Björck, Numerical Methods for Least Squares Problems (1996), section 7.4, for conjugate
 * gradients on least squares.
 *
 * @param dense `[rows, cols]` row-major
 * @param start such as {@link factorize} finds
 * @throws PapilioError `DENSE_LENGTH`, `MATRIX_NOT_FINITE`, `INPUT_LENGTH`, `REFINE_OPTION`, `ARRAY_TYPE`,
 *   `CHAIN_NOT_CHAINABLE`, `OPTION_INVALID`
 */
export async function refine<V extends FloatArray>(
  dense: V,
  start: Butterfly<V>,
  options: RefineOptions<V> = {},
): Promise<Refinement<V>> {
  requireButterfly("The start", start);
  requireProgress(options);
  requireFloats("The matrix", dense);
  const { sweeps = 20, tolerance = 1e-4, signal, onProgress } = options;
  requireOption("sweeps", sweeps);
  requireOption("tolerance", tolerance);
  validateTarget(dense, start.chain);
  start.chain.product(); // refuses factors that are not chainable
  const { rows, cols } = start.chain;
  const given = inputsFor(options.inputs, cols);
  const inputs = timesPowerOfTwo(given, safeExponent([given]));
  const shape = { batch: inputs.length / cols, layout: "batch-last" } as const;
  // Of the matrix and of the factors: neither is to overflow or vanish in squares.
  const exponent = safeExponent([dense]);
  const slicer = new TimeSlicer(signal);
  const target = await product(
    rows,
    cols,
    timesPowerOfTwo(dense, exponent),
    inputs,
    shape.batch,
    slicer,
  );
  const norm = lengthOf(target);
  const wide = start.convert("float64");
  const isUnsafe =
    exponent !== 0 || wide.factors.some(({ values }) => safeExponent([values]) !== 0);
  const scaled = isUnsafe ? scaleProduct(wide, exponent) : wide;
  const factors = scaled.factors.map((factor) => factor.expand());
  const errorOf = (current: Butterfly<FloatArray>): number =>
    norm === 0 ? 0 : lengthOf(difference(target, referenceProduct(current, inputs, shape))) / norm;
  let best = start;
  const errors = [errorOf(scaled)];
  await onProgress?.(errors[0] as number, 0, start);
  for (let sweep = 1; sweep <= sweeps; sweep++) {
    let vectors: Float64Array = inputs;
    for (let index = factors.length - 1; index >= 0; index--) {
      signal?.throwIfAborted();
      const left = factors.slice(0, index);
      factors[index] = await improve(
        factors[index] as Factor,
        left,
        vectors,
        target,
        shape,
        slicer,
      );
      vectors = referenceProduct(factors[index] as Factor, vectors, shape);
      await slicer.yieldIfDue();
    }
    const type = floatTypeOf(dense);
    const rounded = new Butterfly(factors.map((factor) => factor.convert(type))) as Butterfly<V>;
    const before = errors.at(-1) as number;
    const error = errorOf(rounded);
    // What rounding takes away again is not kept.
    if (!(error < before)) break;
    best = exponent === 0 ? rounded : scaleProduct(rounded, -exponent);
    errors.push(error);
    await onProgress?.(error, sweep, best);
    if (before - error < tolerance * before) break;
  }
  return { matrix: best, errors };
}

type Factor = KroneckerSparse<Float64Array>;

/** A factor with a smaller `|target - left · factor · vectors|`, by conjugate gradients. */
async function improve(
  factor: Factor,
  left: readonly Factor[],
  vectors: Float64Array,
  target: Float64Array,
  shape: BatchShape,
  slicer: TimeSlicer,
): Promise<Factor> {
  const { pattern } = factor;
  const turned = left.map((one) => one.transpose());
  const image = (values: Float64Array): Float64Array =>
    left.reduceRight<Float64Array>(
      (between, one) => referenceProduct(one, between, shape),
      referenceProduct(new KroneckerSparse(pattern, values), vectors, shape),
    );
  const gradient = (residual: Float64Array): Float64Array => {
    const back = turned.reduce((between, one) => referenceProduct(one, between, shape), residual);
    return supportedProducts(factor, back, vectors, shape.batch);
  };
  const values = factor.values.slice();
  const residual = difference(target, image(values));
  let slope: Float64Array = gradient(residual);
  let direction: Float64Array = slope.slice();
  let squared = squaredLength(slope);
  const enough = 1e-24 * squared;
  for (let step = 0; step < STEPS && squared > enough; step++) {
    await slicer.yieldIfDue();
    const change = image(direction);
    await slicer.yieldIfDue();
    const length = squaredLength(change);
    if (length === 0) break;
    addScaled(values, squared / length, direction);
    addScaled(residual, -squared / length, change);
    slope = gradient(residual);
    const next = squaredLength(slope);
    addScaled(slope, next / squared, direction);
    [direction, squared] = [slope, next];
  }
  return new KroneckerSparse(pattern, values);
}

/** `sum over vectors of left · right^T` on the support of a factor, `[a, b, c, d]`. */
function supportedProducts(
  { pattern: { a, b, c, d, nonZeros } }: Factor,
  left: Float64Array,
  right: Float64Array,
  batch: number,
): Float64Array {
  const products = new Float64Array(nonZeros);
  let index = 0;
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      for (let l = 0; l < c; l++) {
        for (let k = 0; k < d; k++) {
          const [p, q] = [((i * b + j) * d + k) * batch, ((i * c + l) * d + k) * batch];
          let sum = 0;
          for (let n = 0; n < batch; n++) sum += (left[p + n] as number) * (right[q + n] as number);
          products[index++] = sum;
        }
      }
    }
  }
  return products;
}

/** The inputs in double precision, or the identity. */
function inputsFor(inputs: FloatArray | undefined, cols: number): Float64Array {
  if (inputs === undefined) {
    const identity = new Float64Array(cols * cols);
    for (let index = 0; index < cols; index++) identity[index * (cols + 1)] = 1;
    return identity;
  }
  requireFloats("The inputs", inputs);
  if (inputs.length > 0 && inputs.length % cols === 0) return Float64Array.from(inputs);
  throw new PapilioError(
    "INPUT_LENGTH",
    `The inputs have ${inputs.length} elements, which are no vectors of ${cols}.`,
    `Pass [${cols}, samples] elements, row by row.`,
  );
}

/** `A X`, `[rows, samples]`. */
async function product(
  rows: number,
  cols: number,
  dense: FloatArray,
  inputs: Float64Array,
  samples: number,
  slicer: TimeSlicer,
): Promise<Float64Array> {
  const result = new Float64Array(rows * samples);
  for (let row = 0; row < rows; row++) {
    await slicer.yieldIfDue();
    const sums = result.subarray(row * samples, (row + 1) * samples);
    for (let column = 0; column < cols; column++) {
      const at = column * samples;
      addScaled(sums, dense[row * cols + column] as number, inputs.subarray(at, at + samples));
    }
  }
  return result;
}

function difference(a: Float64Array, b: Float64Array): Float64Array {
  const result = a.slice();
  addScaled(result, -1, b);
  return result;
}

/** `y += scale · x`. */
function addScaled(y: Float64Array, scale: number, x: Float64Array): void {
  if (scale === 0) return;
  for (let index = 0; index < y.length; index++) {
    y[index] = (y[index] as number) + scale * (x[index] as number);
  }
}

function squaredLength(values: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += (values[index] as number) ** 2;
  return sum;
}

function lengthOf(values: Float64Array): number {
  return Math.sqrt(squaredLength(values));
}

function requireOption(name: string, value: number): void {
  if (typeof value === "number" && value >= 0) return;
  throw new PapilioError(
    "REFINE_OPTION",
    `The option ${name} is ${describeValue(value)}.`,
    "Give a number of at least 0.",
  );
}
