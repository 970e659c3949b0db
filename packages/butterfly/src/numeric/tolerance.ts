import {
  requireArray,
  requireFloats,
  requireList,
  requireNumber,
  requireObject,
} from "../errors/argument-checks.ts";
import { describeValue } from "../errors/describe-value.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import { type FloatDtype, type FloatFormat, formatOf } from "./dtype.ts";
import type { FloatArray } from "./float-array.ts";
import { safeExponent } from "./powers-of-two.ts";

/** How a product under test was rounded. */
export interface Rounding {
  /** How its values, inputs and outputs are stored. */
  readonly dtype: FloatDtype;
  /** In what its sums are; unless given `f32`, or `f64` where that is the storage. */
  readonly sums?: FloatDtype;
  /**
   * Number of products in each sum: `c` for a factor, the number of columns for a dense matrix. For
   * factors `W1 W2 ... WL` applied one after the other, one count for each, in this order.
   */
  readonly terms: number | readonly number[];
  /**
   * How much larger the factors after it can make an error in a vector between two factors: at
   * least the largest sum of absolute values of a row of `W1 ... Wl`, for every `l < L`. 1 unless
   * given; it matters only where errors are absolute, for numbers near the smallest ones.
   */
  readonly magnification?: number;
  /**
   * Given when the values themselves are rounded to `dtype`, as those of a product that was
   * multiplied out in advance: the largest absolute value of an input.
   */
  readonly roundedValues?: { readonly largestInput: number };
  /**
   * What an element loses at most where subnormal operands are taken as zero: the sum of `|w||x|`
   * over the products that have one, as {@link subnormalOperands} finds it; 0 where no operand is
   * subnormal. Unless given, any operand may be, and none is larger than 1.
   */
  readonly subnormalOperands?: number;
}

/** What {@link verify} finds. */
export interface Verification {
  /** Whether every element is finite and within its bound. */
  readonly ok: boolean;
  /** Largest error of a finite element. */
  readonly maxError: number;
  /** Largest error over bound of a finite element: at most 1 when within the bound. */
  readonly maxRatio: number;
  /** Where `maxRatio` is, or the first element that is not finite. */
  readonly worstIndex: number;
  /** Root of the squared errors of the finite elements over the squared reference. */
  readonly rmsRelative: number;
  /** Number of elements that are NaN or infinite, or whose reference or magnitude is. */
  readonly nonFinite: number;
}

/**
 * How far a computed element of `y = W x` may lie from the exact one. Of the operands, already
 * rounded to `dtype`, it needs `magnitude = Σ|w||x|`; of several factors, `|W1| ... |WL| |x|`.
 *
 * With `n` terms and sums in any order the error is at most `γ·magnitude`, where
 * `γ = n·ε/(1 - n·ε)` (Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition,
 * section 3.1). Half precision adds one rounding, of the sum as it is stored. `ε` is the distance
 * from 1 to the next number, twice the usual unit roundoff, because WGSL lets an operation round
 * either way (section 15.7.4); in double precision it is the unit roundoff, 2^-53. WGSL also lets a device take subnormal numbers as zero, operands and
 * results of every operation (section 15.7.2): for each term the operands of a product, below the
 * smallest normal number of `dtype`, or else the product itself, and then the sum; and the stored
 * element, where it is written or where the next factor reads it. The float64 reference's own error is
 * included. Relative errors of factors that follow one another multiply (section 3.5 there).
 *
 * @param reference the element computed in float64
 * @throws PapilioError `TERMS_INVALID` unless each of `terms` is a whole number from 1 to 2^22, for
 *   sums in half precision to 2^9; `OPTION_INVALID`
 */
export function errorBound(reference: number, magnitude: number, rounding: Rounding): number {
  requireNumberOrNaN("The reference", reference);
  requireNumberOrNaN("The magnitude", magnitude);
  requireRounding(rounding);
  return boundOf(reference, magnitude, rounding);
}

/** @throws PapilioError `OPTION_INVALID` */
function requireRounding(rounding: Rounding): void {
  requireObject("The rounding", rounding, "an object with dtype and terms");
  const { magnification = 1, roundedValues, subnormalOperands = 0, terms } = rounding;
  requireNumberOrNaN("The magnification", magnification);
  requireNumberOrNaN("What subnormal operands lose", subnormalOperands);
  if (typeof terms !== "number") requireList("The terms", terms);
  formatOf(rounding.dtype);
  formatOf(sumsOf(rounding));
  if (roundedValues === undefined) return;
  requireObject("What is rounded", roundedValues, "an object with largestInput");
  requireNumberOrNaN("The largest input", roundedValues.largestInput);
}

function sumsOf({ dtype, sums = dtype === "f64" ? "f64" : "f32" }: Rounding): FloatDtype {
  return sums;
}

/** The bound of what is not finite is not either. */
function requireNumberOrNaN(name: string, value: unknown): void {
  if (!Number.isNaN(value)) requireNumber(name, value);
}

/** {@link errorBound} of what was checked: it is asked of every element. */
function boundOf(reference: number, magnitude: number, rounding: Rounding): number {
  const { magnification = 1, roundedValues, subnormalOperands } = rounding;
  const terms = typeof rounding.terms === "number" ? [rounding.terms] : rounding.terms;
  const [last = 0, ...earlier] = terms;
  const summed = formatOf(sumsOf(rounding));
  const stored = formatOf(rounding.dtype);
  // In single and in double precision a sum is stored as it is.
  const relativeStorage = rounding.dtype === "f16" ? stored.epsilon : 0;

  const factors = [roundedValues === undefined ? 0 : stored.epsilon].concat(
    earlier.flatMap((count) => [sumError(count, summed), relativeStorage]),
  );
  const growth = factors.reduce((sum, error) => sum + Math.log1p(error), 0);
  // 1 is never added to an error or taken off: that would round those of double precision away.
  const relative =
    growth === 0
      ? sumError(last, summed)
      : Math.expm1(growth + Math.log1p(sumError(last, summed))) * (1 + 4 * Number.EPSILON);
  // A product of a number below the smallest normal one and of one up to 1, or a product that is one.
  const flushedProduct =
    subnormalOperands === undefined
      ? Math.max(stored.smallestNormal, summed.smallestNormal)
      : summed.smallestNormal;
  const flushedTerm = flushedProduct + summed.smallestNormal;
  const flushedBefore = earlier.reduce(
    (sum, count) => sum + count * flushedTerm + stored.smallestNormal,
    0,
  );
  const summation =
    relative * magnitude +
    last * flushedTerm +
    (subnormalOperands ?? 0) +
    (1 + relative) * magnification * flushedBefore +
    // A value that is subnormal once it is rounded is taken as zero too.
    (roundedValues === undefined ? 0 : last * stored.smallestNormal * roundedValues.largestInput);
  const storage = relativeStorage * (Math.abs(reference) + summation);
  return summation + storage + stored.smallestNormal;
}

/** Relative error of a sum of products, and of its reference in float64. */
function sumError(terms: number, { epsilon }: FloatFormat): number {
  // Both are computed on a CPU, which rounds to the nearest.
  if (epsilon === Number.EPSILON) return 2 * gamma(terms, Number.EPSILON / 2);
  return gamma(terms, epsilon) + 2 * gamma(terms, Number.EPSILON);
}

/**
 * Compares a product `y = W x` with its float64 reference, element by element, each within its own
 * {@link errorBound}.
 *
 * @param actual what was computed, of any layout
 * @param reference the same product in float64, in the same layout, of the operands as rounded to
 *   `dtype`
 * @param magnitude `|W||x|` in float64, in the same layout: the reference multiplication of the
 *   absolute values
 * @throws PapilioError `VERIFY_LENGTH` unless all three have the same length of at least 1;
 *   `TERMS_INVALID`, `ARRAY_TYPE`, `OPTION_INVALID`
 *
 * @example
 * ```ts
 * const shape = { batch: 1, layout: "batch-first" } as const;
 * const reference = multiply(factor, Float64Array.from(x), shape);
 * const absolute = factor.map((values) => values.map(Math.abs));
 * const magnitude = multiply(absolute, Float64Array.from(x, Math.abs), shape);
 * verify(y, reference, magnitude, { dtype: "f32", terms: factor.pattern.c }).ok;
 * ```
 */
export function verify(
  actual: FloatArray,
  reference: Float64Array,
  magnitude: Float64Array,
  rounding: Rounding,
): Verification {
  requireFloats("What was computed", actual);
  requireArray("The reference", reference, "Float64Array");
  requireArray("The magnitude", magnitude, "Float64Array");
  requireRounding(rounding);
  const { length } = actual;
  if (length === 0 || reference.length !== length || magnitude.length !== length) {
    throw new PapilioError(
      "VERIFY_LENGTH",
      `There are ${length} elements to verify, ${reference.length} of the reference and ${magnitude.length} magnitudes.`,
      "Pass three arrays of the same length, at least 1.",
    );
  }
  let maxError = 0;
  let maxRatio = 0;
  let worst = 0;
  let firstNonFinite = -1;
  let nonFinite = 0;
  // Errors and references relative to the largest number, whose squares are in range.
  const exponent = safeExponent([actual, reference]);
  const [first, second] = [
    2 ** Math.trunc(exponent / 2),
    2 ** (exponent - Math.trunc(exponent / 2)),
  ];
  let squaredError = 0;
  let squaredReference = 0;
  for (let index = 0; index < length; index++) {
    const expected = reference[index] as number;
    const error = Math.abs((actual[index] as number) - expected);
    const bound = boundOf(expected, magnitude[index] as number, rounding);
    // A reference or a magnitude that is not finite proves nothing: it counts as a failure too.
    if (!Number.isFinite(error) || !Number.isFinite(bound)) {
      nonFinite++;
      if (firstNonFinite < 0) firstNonFinite = index;
      continue;
    }
    maxError = Math.max(maxError, error);
    if (error / bound > maxRatio) {
      maxRatio = error / bound;
      worst = index;
    }
    squaredError += (error * first * second) ** 2;
    squaredReference += (expected * first * second) ** 2;
  }
  return {
    ok: nonFinite === 0 && maxRatio <= 1,
    maxError,
    maxRatio,
    worstIndex: nonFinite > 0 ? firstNonFinite : worst,
    rmsRelative: squaredError === 0 ? 0 : Math.sqrt(squaredError / squaredReference),
    nonFinite,
  };
}

/** Higham's `γ_n = n·u / (1 - n·u)` for a relative error of at most `u` in each operation. */
function gamma(terms: number, unit: number): number {
  const product = Number.isInteger(terms) && terms >= 1 ? terms * unit : Number.NaN;
  if (product <= 0.5) return product / (1 - product);
  throw new PapilioError(
    "TERMS_INVALID",
    `A sum of ${describeValue(terms)} terms has no error bound: the count must be a whole number from 1 to ${Math.floor(0.5 / unit)}.`,
    "Pass the number of products that each output sums.",
  );
}
