import { requireFloats, requireObject } from "../errors/argument-checks.ts";
import {
  requireAnyButterfly,
  requireComplexFactor,
  requireFactor,
} from "../errors/matrix-checks.ts";
import { addScaled, type Complex, requireParts } from "../numeric/complex.ts";
import { type FloatArray, zeros, zerosLike } from "../numeric/float-array.ts";
import { type BatchShape, requireVectors, stridesOf } from "../numeric/layout.ts";
import type { ButterflyProduct, RealProduct, RealTransform } from "./butterfly-product.ts";
import type { ComplexKroneckerSparse } from "./complex-kronecker-sparse.ts";
import type { KroneckerSparse } from "./kronecker-sparse.ts";
import {
  type AnyMatrix,
  type ComplexMatrix,
  isProduct,
  isRealProduct,
  isRealTransform,
  type RealMatrix,
} from "./matrices.ts";
import { multiplyFactor, requireDisjoint } from "./multiply-factor.ts";
import { gatherFeatures, permuteFeatures } from "./permutation.ts";
import type { AnyButterfly, PermutedButterfly } from "./permuted-butterfly.ts";
import { pickFeatures, placeFeatures, type Vectors } from "./placement.ts";

/**
 * What a matrix times a batch of vectors is, computed at once and by the book, factor by factor: what
 * `verify` compares with, and what `reference` multiplies by. Products and sums are in float64, and so is
 * what lies between the factors: the result is rounded once, and once after each butterfly of a product of
 * several. Takes `batch * chain.nonZeros` multiplications,
 * of complex numbers four times as many.
 *
 * @param x `[batch, cols]` when batch-first, `[cols, batch]` when batch-last; real and imaginary parts apart
 *   for a complex matrix
 * @param out where the result goes; new arrays like `x` unless given. It must not share memory with `x`.
 * @returns `[batch, rows]` or `[rows, batch]`
 * @throws PapilioError `ARRAY_TYPE`, `ARRAY_DETACHED`, `ARRAY_TOO_LARGE`, `BATCH_INVALID`, `LAYOUT_INVALID`,
 *   `INPUT_LENGTH`, `OUTPUT_LENGTH`, `OUTPUT_OVERLAPS_INPUT`, `COMPLEX_PARTS`, `OPTION_INVALID`
 *
 * @example
 * ```ts
 * const factor = KroneckerSparse.random(Pattern.parse("4,64,64,4"), { seed: 0 });
 * const x = new Float32Array(2 * 1024).fill(1);
 * const y = referenceProduct(factor, x, { batch: 2, layout: "batch-first" });
 * ```
 */
export function referenceProduct<X extends FloatArray, Y extends FloatArray = X>(
  matrix: RealMatrix<FloatArray> | RealTransform<FloatArray> | RealProduct<FloatArray>,
  x: X,
  shape: BatchShape,
  out?: Y,
): Y;
export function referenceProduct<X extends FloatArray, Y extends FloatArray = X>(
  matrix: ComplexMatrix<FloatArray> | ButterflyProduct<FloatArray>,
  x: Complex<X>,
  shape: BatchShape,
  out?: Complex<Y>,
): Complex<Y>;
export function referenceProduct(
  matrix: AnyMatrix | RealTransform<FloatArray> | ButterflyProduct<FloatArray, AnyButterfly>,
  x: FloatArray | Complex<FloatArray>,
  shape: BatchShape,
  out?: FloatArray | Complex<FloatArray>,
): FloatArray | Complex<FloatArray> {
  requireObject("The matrix", matrix, "a matrix of Kronecker-sparse factors");
  stridesOf(shape, 1); // refuses a bad shape
  if (isProduct(matrix)) {
    return stagedProduct(matrix, x, shape, out);
  }
  if (isRealTransform(matrix)) {
    return realPart(matrix.product, x as FloatArray, shape, out as FloatArray);
  }
  const parts = takeApart(matrix);
  return "complex" in parts
    ? complexProduct(
        parts.complex,
        parts,
        x as Complex<FloatArray>,
        shape,
        out as Complex<FloatArray>,
      )
    : realProduct(parts.real, parts, x as FloatArray, shape, out as FloatArray);
}

type Real = KroneckerSparse<FloatArray>;
type ComplexFactor = ComplexKroneckerSparse<FloatArray>;

interface Permuted {
  readonly left?: Uint32Array | undefined;
  readonly right?: Uint32Array | undefined;
}

/** The factors of a matrix and the permutations that it is between, whatever it is. */
function takeApart(
  matrix: AnyMatrix,
): Permuted &
  ({ readonly real: readonly Real[] } | { readonly complex: readonly ComplexFactor[] }) {
  const {
    matrix: inner,
    left,
    right,
  } = "matrix" in matrix ? matrix : { matrix, left: undefined, right: undefined };
  if ("pattern" in inner) {
    if ("re" in inner) {
      requireComplexFactor("The matrix", inner);
      return { complex: [inner], left, right };
    }
    requireFactor("The matrix", inner);
    return { real: [inner], left, right };
  }
  requireAnyButterfly("The matrix", inner);
  return "conjugate" in inner
    ? { complex: inner.factors, left, right }
    : { real: inner.factors, left, right };
}

function realProduct(
  factors: readonly Real[],
  { left, right }: Permuted,
  x: FloatArray,
  shape: BatchShape,
  out: FloatArray | undefined,
): FloatArray {
  const rows = (factors[0] as Real).pattern.rows;
  const { cols } = (factors.at(-1) as Real).pattern;
  const y = realOutput({ rows, cols }, x, shape, out);
  let between = right === undefined ? x : permuteFeatures(right, x, shape);
  for (const factor of factors.slice(1).reverse()) {
    const { rows } = factor.pattern;
    between = multiplyFactor(factor, between, shape, zeros("float64", shape.batch * rows));
  }
  const product = left === undefined ? y : zerosLike(y, y.length);
  multiplyFactor(factors[0] as Real, between, shape, product);
  if (left !== undefined) gatherFeatures(left, product, y, shape);
  return y;
}

function complexProduct(
  factors: readonly ComplexFactor[],
  { left, right }: Permuted,
  x: Complex<FloatArray>,
  shape: BatchShape,
  out: Complex<FloatArray> | undefined,
): Complex<FloatArray> {
  const rows = (factors[0] as ComplexFactor).pattern.rows;
  const { cols } = (factors.at(-1) as ComplexFactor).pattern;
  const y = complexOutput({ rows, cols }, x, shape, out);
  const permuted = (map: Uint32Array | undefined, part: FloatArray): Float64Array => {
    const exact = Float64Array.from(part);
    return map === undefined ? exact : permuteFeatures(map, exact, shape);
  };
  const product = factors.reduceRight<Complex<Float64Array>>(
    (between, factor) => multiplyComplexFactor(factor, between, shape),
    { re: permuted(right, x.re), im: permuted(right, x.im) },
  );
  y.re.set(permuted(left, product.re));
  y.im.set(permuted(left, product.im));
  return y;
}

/** Four real products, each in float64. */
function multiplyComplexFactor(
  factor: ComplexFactor,
  x: Complex<Float64Array>,
  shape: BatchShape,
): Complex<Float64Array> {
  const { rows } = factor.pattern;
  const product = (part: Real, values: Float64Array): Float64Array =>
    multiplyFactor(part, values, shape, zeros("float64", shape.batch * rows));
  return {
    re: addScaled(product(factor.re, x.re), -1, product(factor.im, x.im)),
    im: addScaled(product(factor.re, x.im), 1, product(factor.im, x.re)),
  };
}

/** Where a real product goes: `out` or a new array, once it and x are right. */
function realOutput(
  { rows, cols }: { readonly rows: number; readonly cols: number },
  x: FloatArray,
  shape: BatchShape,
  out: FloatArray | undefined,
): FloatArray {
  requireFloats("The input", x);
  requireVectors("input", x.length, cols, shape.batch);
  const y = out === undefined ? zerosLike(x, shape.batch * rows) : out;
  requireOutput("The output", y, x, rows, shape);
  return y;
}

/** Where a complex product goes: `out` or new arrays, once they and x are right. */
function complexOutput(
  { rows, cols }: { readonly rows: number; readonly cols: number },
  x: Complex<FloatArray>,
  shape: BatchShape,
  out: Complex<FloatArray> | undefined,
): Complex<FloatArray> {
  requireParts(x);
  requireVectors("input", x.re.length, cols, shape.batch);
  const length = shape.batch * rows;
  const y = out === undefined ? { re: zerosLike(x.re, length), im: zerosLike(x.im, length) } : out;
  requireParts(y);
  for (const part of [y.re, y.im]) {
    for (const from of [x.re, x.im]) requireOutput("The output", part, from, rows, shape);
  }
  return y;
}

function requireOutput(
  what: string,
  y: FloatArray,
  x: FloatArray,
  rows: number,
  { batch }: BatchShape,
): void {
  requireFloats(what, y);
  requireVectors("output", y.length, rows, batch);
  requireDisjoint(x, y);
}

/** Vectors between the stages are in the precision of `x`. */
function stagedProduct(
  product: ButterflyProduct<FloatArray, AnyButterfly>,
  x: Vectors,
  shape: BatchShape,
  out: Vectors | undefined,
): Vectors {
  const { stages, placement } = product;
  const { input, output } = placement;
  const y = isRealProduct(product)
    ? realOutput(product, x as FloatArray, shape, out as FloatArray)
    : complexOutput(product, x as Complex<FloatArray>, shape, out as Complex<FloatArray>);
  type Stage = PermutedButterfly<AnyButterfly>;
  const [left, ...others] = stages as readonly Stage[] as [Stage, ...Stage[]];
  const multiply = (stage: Stage, between: Vectors, into?: Vectors): Vectors =>
    referenceProduct(stage as never, between as never, shape, into as never);
  const widest = (others.at(-1) ?? left).cols;
  const before = others.reduceRight<Vectors>(
    (between, stage) => multiply(stage, between),
    placeFeatures(x, input, widest, shape),
  );
  if (output === undefined) return multiply(left, before, y);
  pickFeatures(multiply(left, before), output, left.rows, shape, y);
  return y;
}

function realPart(
  product: ButterflyProduct<FloatArray>,
  x: FloatArray,
  shape: BatchShape,
  out: FloatArray | undefined,
): FloatArray {
  requireFloats("The input", x);
  if (out !== undefined) requireFloats("The output", out);
  const given = { re: x, im: zerosLike(x, x.length) };
  const y = out && { re: out, im: zerosLike(out, out.length) };
  return (stagedProduct(product, given, shape, y) as Complex<FloatArray>).re;
}
