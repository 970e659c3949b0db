import { requireOneOf } from "../errors/argument-checks.ts";
import { requireAnyButterfly } from "../errors/matrix-checks.ts";
import { type FloatArray, floatTypeOf } from "../numeric/float-array.ts";
import { exponentOf, timesPowerOfTwo } from "../numeric/powers-of-two.ts";
import { type NarrowType, overflowIn, RANGES, requireStorable } from "../numeric/storable.ts";
import { Butterfly } from "./butterfly.ts";
import { ComplexButterfly } from "./complex-butterfly.ts";
import { ComplexKroneckerSparse } from "./complex-kronecker-sparse.ts";
import type { KroneckerSparse } from "./kronecker-sparse.ts";
import type { AnyButterfly } from "./permuted-butterfly.ts";

/** Powers of two between the largest numbers of factors beyond which balancing them is worth it. */
const UNBALANCED = 4;

/**
 * The same matrix with its factors scaled by powers of two, so that their largest values are of about
 * the same magnitude: the product is the same, to the last bit, unless values of a factor are so small
 * that they leave the range of its type.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function balanceFactors<M extends AnyButterfly>(matrix: M): M {
  requireAnyButterfly("The matrix", matrix);
  return scaleProduct(matrix, 0);
}

/** {@link balanceFactors} of the matrix times `2^exponent`. */
export function scaleProduct<M extends AnyButterfly>(matrix: M, exponent: number): M {
  const exponents = exponentsOf(matrix);
  // A matrix of zeros is what it is.
  if (exponents.some((one) => one === undefined)) return matrix;
  const total = (exponents as number[]).reduce((sum, one) => sum + one, exponent);
  const count = exponents.length;
  const wanted = exponents.map(
    (_, index) => Math.floor((total * (index + 1)) / count) - Math.floor((total * index) / count),
  );
  return scaleFactors(
    matrix,
    wanted.map((one, index) => one - (exponents[index] as number)),
  );
}

/**
 * The matrix as it can be stored in a type: as it is, or with balanced factors, where a value would be
 * too large or lose digits for being too small.
 *
 * @throws PapilioError `VALUE_RANGE` where a balanced factor has a value that is too large all the same;
 *   `OPTION_INVALID`
 */
export function storableButterfly<M extends AnyButterfly>(matrix: M, dtype: NarrowType): M {
  requireAnyButterfly("The matrix", matrix);
  requireOneOf("The element type", dtype, Object.keys(RANGES));
  const range = RANGES[dtype];
  const every = matrix.factors.flatMap(partsOf);
  if (dtype === "F32" && every.every((values) => floatTypeOf(values) === "float32")) return matrix;
  const tooLarge = every.some((values) => overflowIn(values, range.overflow) >= 0);
  const exponents = exponentsOf(matrix).filter((one) => one !== undefined);
  const spread = Math.max(...exponents) - Math.min(...exponents);
  const worth =
    spread >= UNBALANCED && every.some((values) => hasSmaller(values, range.smallestNormal));
  const storable = tooLarge || worth ? balanceFactors(matrix) : matrix;
  if (tooLarge) {
    for (const [index, factor] of storable.factors.entries()) {
      for (const values of partsOf(factor)) {
        requireStorable(values, dtype, `Factor ${index} of the butterfly`);
      }
    }
  }
  return storable;
}

/** For each factor the exponent of its largest value; undefined where it has none but zeros. */
function exponentsOf(matrix: AnyButterfly): (number | undefined)[] {
  return matrix.factors.map((factor) => exponentOf(partsOf(factor)));
}

function partsOf(
  factor: KroneckerSparse<FloatArray> | ComplexKroneckerSparse<FloatArray>,
): readonly FloatArray[] {
  return "re" in factor ? [factor.re.values, factor.im.values] : [factor.values];
}

/** Each factor times two to the power of its exponent. */
function scaleFactors<M extends AnyButterfly>(matrix: M, exponents: readonly number[]): M {
  if (exponents.every((one) => one === 0)) return matrix;
  const scaled = (factor: KroneckerSparse<FloatArray>, index: number): typeof factor =>
    factor.map((values) => timesPowerOfTwo(values, exponents[index] as number));
  const result: AnyButterfly =
    "conjugate" in matrix
      ? new ComplexButterfly(
          matrix.factors.map(
            ({ re, im }, index) => new ComplexKroneckerSparse(scaled(re, index), scaled(im, index)),
          ),
        )
      : new Butterfly(matrix.factors.map(scaled));
  return result as M;
}

function hasSmaller(values: FloatArray, smallestNormal: number): boolean {
  return values.some((value) => value !== 0 && Math.abs(value) < smallestNormal);
}
