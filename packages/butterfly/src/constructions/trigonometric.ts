import { requireOneOf } from "../errors/argument-checks.ts";
import { ButterflyProduct, RealTransform } from "../matrix/butterfly-product.ts";
import { ComplexButterfly } from "../matrix/complex-butterfly.ts";
import { ComplexKroneckerSparse } from "../matrix/complex-kronecker-sparse.ts";
import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import { PermutedButterfly } from "../matrix/permuted-butterfly.ts";
import { indices } from "../numeric/float-array.ts";
import { Pattern } from "../pattern/pattern.ts";
import { fourierButterfly } from "./fourier.ts";
import { isCheapFourier } from "./fourier-size.ts";
import { type FourierWay, partialFourier } from "./partial-fourier.ts";
import { digitReversal, evenThenOddDescending, reversal } from "./permutations.ts";
import { type ComplexNumber, multiplyNumbers, rootOfUnity } from "./roots-of-unity.ts";
import { permuteInputs, permuteOutputs, scaleInputs } from "./scale.ts";
import { primeFactors, requireSize } from "./size.ts";
import { isOrthonormal, type TransformOptions } from "./transform-options.ts";

const TRANSFORM_TYPES = [1, 2, 3, 4] as const;

/** Types of cosine and sine transforms, by their usual numbers. */
export type TransformType = (typeof TRANSFORM_TYPES)[number];

/**
 * The discrete cosine transform of any number of points, unscaled as in SciPy unless `orthonormal`:
 *
 * - I, of two points or more: `y[k] = x[0] + (-1)^k x[n-1] + 2 Σ_{0<j<n-1} x[j]·cos(πjk/(n-1))`
 * - II: `y[k] = 2 Σ x[j]·cos(πk(2j+1)/(2n))`
 * - III: `y[k] = x[0] + 2 Σ_{j>0} x[j]·cos(πj(2k+1)/(2n))`
 * - IV: `y[k] = 2 Σ x[j]·cos(π(2j+1)(2k+1)/(4n))`
 *
 * II is the real part of a Fourier transform of the inputs, those at even positions first and then those
 * at odd ones descending, times roots of unity; III is its transpose; IV takes half as many points, or twice
 * as many of an odd number; I is a part of a transform of `2(n-1)` points. Transforms of sizes with large
 * prime factors are by chirps.
 *
 * Source: Makhoul, "A fast cosine transform in one and two dimensions" (1980).
 *
 * @throws PapilioError `CONSTRUCTION_SIZE`, `OPTION_INVALID`
 */
export function cosine(
  n: number,
  type: TransformType,
  options: TransformOptions = {},
): RealTransform {
  const orthonormal = isOrthonormal(options);
  requireOneOf("The type of a cosine transform", type, TRANSFORM_TYPES);
  requireSize(n, type === 1 ? 2 : 1);
  switch (type) {
    case 1:
      return new RealTransform(cosineOne(n, orthonormal));
    case 2:
      return new RealTransform(cosineTwo(n, orthonormal));
    case 3:
      return new RealTransform(cosineThree(n, orthonormal));
    case 4:
      return new RealTransform(cosineFour(n, orthonormal));
  }
}

/**
 * The discrete sine transform of any number of points, unscaled as in SciPy unless `orthonormal`:
 *
 * - I: `y[k] = 2 Σ x[j]·sin(π(j+1)(k+1)/(n+1))`
 * - II: `y[k] = 2 Σ x[j]·sin(π(k+1)(2j+1)/(2n))`
 * - III: `y[k] = (-1)^k x[n-1] + 2 Σ_{j<n-1} x[j]·sin(π(j+1)(2k+1)/(2n))`
 * - IV: `y[k] = 2 Σ x[j]·sin(π(2j+1)(2k+1)/(4n))`
 *
 * II to IV are the cosine transforms of their types with rows or columns reversed and every other sign
 * changed; I is a part of a Fourier transform of `2(n+1)` points.
 *
 * @throws PapilioError `CONSTRUCTION_SIZE`, `OPTION_INVALID`
 */
export function sine(
  n: number,
  type: TransformType,
  options: TransformOptions = {},
): RealTransform {
  const orthonormal = isOrthonormal(options);
  requireOneOf("The type of a sine transform", type, TRANSFORM_TYPES);
  requireSize(n);
  switch (type) {
    case 1:
      return new RealTransform(sineOne(n, orthonormal));
    case 2:
      return new RealTransform(sineTwo(n, orthonormal));
    case 3:
      return new RealTransform(sineThree(n, orthonormal));
    case 4:
      return new RealTransform(
        alternateInputs(permuteOutputs(cosineFour(n, orthonormal), reversal(n))),
      );
  }
}

/**
 * The discrete Hartley transform of any number of points, `y[k] = Σ x[j]·(cos + sin)(2πjk/n)`: the real
 * part of `1 + i` times the Fourier transform. Symmetric; orthonormal over `sqrt(n)`.
 *
 * @throws PapilioError `CONSTRUCTION_SIZE`, `OPTION_INVALID`
 */
export function hartley(n: number, options: TransformOptions = {}): RealTransform {
  const orthonormal = isOrthonormal(options);
  requireSize(n);
  const scale = orthonormal ? 1 / Math.sqrt(n) : 1;
  const transform = partialFourier(
    { order: n, rows: n, cols: n },
    () => ({ re: scale, im: scale }),
    () => ONE,
  );
  return new RealTransform(transform);
}

const ONE: ComplexNumber = Object.freeze({ re: 1, im: 0 });

/** Of the `2(n-1)` points whose second half mirrors the first: those between the ends count twice. */
function cosineOne(n: number, orthonormal: boolean): ButterflyProduct {
  const isEnd = (index: number): boolean => index === 0 || index === n - 1;
  const end = (index: number): number => (orthonormal && isEnd(index) ? Math.SQRT1_2 : 1);
  const scale = orthonormal ? Math.sqrt(2 / (n - 1)) : 1;
  return partialFourier(
    { order: 2 * (n - 1), rows: n, cols: n },
    (k) => ({ re: scale * end(k), im: 0 }),
    (j) => ({ re: orthonormal || isEnd(j) ? end(j) : 2, im: 0 }),
  );
}

/** `sin θ` is the real part of `i·exp(-iθ)`, at `(j+1)(k+1)` of `2(n+1)` points. */
function sineOne(n: number, orthonormal: boolean): ButterflyProduct {
  const order = 2 * (n + 1);
  const scale = orthonormal ? Math.sqrt(2 / (n + 1)) : 2;
  return partialFourier(
    { order, rows: n, cols: n },
    (k) => timesI(times(scale, rootOfUnity(k + 1, order))),
    (j) => rootOfUnity(j, order),
  );
}

/** `2 exp(-πik/(2n))` times the Fourier transform of the permuted inputs, by one chain or the cheapest way. */
export function cosineTwo(
  n: number,
  orthonormal: boolean,
  way: FourierWay = "cheapest",
): ButterflyProduct {
  const transform = partialFourier(
    { order: n, rows: n, cols: n },
    (k) => times(orthonormal ? Math.sqrt((k === 0 ? 1 : 2) / n) : 2, rootOfUnity(k, 4 * n)),
    () => ONE,
    way,
  );
  return permuteInputs(transform, evenThenOddDescending(n));
}

/** The transpose of type II, its first column not doubled. */
function cosineThree(n: number, orthonormal: boolean): ButterflyProduct {
  return halveInput(cosineTwo(n, orthonormal).transpose(), 0, orthonormal);
}

function sineTwo(n: number, orthonormal: boolean): ButterflyProduct {
  return alternateInputs(permuteOutputs(cosineTwo(n, orthonormal), reversal(n)));
}

/** The transpose of type II, its last column not doubled. */
function sineThree(n: number, orthonormal: boolean): ButterflyProduct {
  return halveInput(sineTwo(n, orthonormal).transpose(), n - 1, orthonormal);
}

/** Halves the column of an input, unless the matrix is orthonormal as it is. */
function halveInput(
  product: ButterflyProduct,
  input: number,
  orthonormal: boolean,
): ButterflyProduct {
  if (orthonormal) return product;
  return scaleInputs(product, (column) => ({ re: column === input ? 0.5 : 1, im: 0 }));
}

/** Changes the signs of every other column, from the second on. */
function alternateInputs(product: ButterflyProduct): ButterflyProduct {
  return scaleInputs(product, (column) => ({ re: column % 2 === 0 ? 1 : -1, im: 0 }));
}

/**
 * Pairs of inputs, the one at `2j` and the one at `n-1-2j`, make complex numbers; of the Fourier
 * transform of these the real parts are the outputs at `2k`, the imaginary ones, negated, those at
 * `n-1-2k`. Of an odd number of points, or where half of them have no cheap transform, it is a part of a
 * transform of `2n` points.
 */
function cosineFour(n: number, orthonormal: boolean): ButterflyProduct {
  const half = n / 2;
  const scale = orthonormal ? Math.sqrt(2 / n) : 2;
  if (n % 2 === 1 || !isCheapFourier(half)) {
    return partialFourier(
      { order: 2 * n, rows: n, cols: n },
      (k) => times(scale, rootOfUnity(2 * k + 1, 8 * n)),
      (j) => rootOfUnity(j, 4 * n),
    );
  }
  const reversed = digitReversal(primeFactors(half));
  const before = factorOf(new Pattern(half, 1, 2, 1), (index) => {
    const j = reversed[Math.floor(index / 2)] as number;
    const twiddle = rootOfUnity(4 * j + 1, 8 * n);
    return index % 2 === 0 ? twiddle : timesI(twiddle);
  });
  const after = factorOf(new Pattern(1, 2, 1, half), (index) => {
    const twiddle = times(scale, rootOfUnity(index % half, 2 * n));
    return index < half ? twiddle : timesI(twiddle);
  });
  const between = half > 1 ? fourierButterfly(half).factors : [];
  const matrix = new ComplexButterfly([after, ...between, before]);
  const right = indices(n).map((_, p) => {
    const j = 2 * (reversed[Math.floor(p / 2)] as number);
    return p % 2 === 0 ? j : n - 1 - j;
  });
  const left = indices(n).map((_, k) => (k % 2 === 0 ? k / 2 : half + (n - 1 - k) / 2));
  return new ButterflyProduct([new PermutedButterfly(matrix, { left, right })]);
}

function factorOf(
  pattern: Pattern,
  entry: (index: number) => ComplexNumber,
): ComplexKroneckerSparse<Float64Array> {
  const values = Array.from({ length: pattern.nonZeros }, (_, index) => entry(index));
  return new ComplexKroneckerSparse(
    new KroneckerSparse(
      pattern,
      Float64Array.from(values, ({ re }) => re),
    ),
    new KroneckerSparse(
      pattern,
      Float64Array.from(values, ({ im }) => im),
    ),
  );
}

function times(scale: number, { re, im }: ComplexNumber): ComplexNumber {
  return { re: scale * re, im: scale * im };
}

function timesI(number: ComplexNumber): ComplexNumber {
  return multiplyNumbers({ re: 0, im: 1 }, number);
}
