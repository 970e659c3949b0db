import { requireFloats } from "../errors/argument-checks.ts";
import { requireChain } from "../errors/matrix-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import { sumSquares } from "../linear-algebra/sum-squares.ts";
import { type Complex, isComplex, requireParts } from "../numeric/complex.ts";
import { type FloatArray, zerosLike } from "../numeric/float-array.ts";
import type { Chain } from "../pattern/chain.ts";
import type { Pattern } from "../pattern/pattern.ts";
import { forEachNonZero } from "../pattern/support.ts";
import { mapParts, type Parts, partsOf, squaredNormOf } from "./parts.ts";

/**
 * Refuses what is not a matrix of a chain's rows and columns.
 *
 * @throws PapilioError `ARRAY_TYPE`, `DENSE_LENGTH`, `COMPLEX_PARTS`, `MATRIX_NOT_FINITE`,
 *   `OPTION_INVALID`
 */
export function validateTarget(dense: FloatArray | Complex<FloatArray>, chain: Chain): void {
  requireChain("The chain", chain);
  if (isComplex<FloatArray>(dense)) requireParts(dense);
  else requireFloats("The matrix", dense);
  const { re, im } = partsOf(dense);
  const { rows, cols } = chain;
  if (re.length !== rows * cols) {
    throw new PapilioError(
      "DENSE_LENGTH",
      `The product of the chain ${chain} is ${rows} x ${cols}, but ${re.length} entries are given.`,
      `Pass ${rows * cols} entries, row by row, or a chain for another shape.`,
    );
  }
  for (const part of im === undefined ? [re] : [re, im]) {
    const index = firstNotFinite(part);
    if (index === undefined) continue;
    throw new PapilioError(
      "MATRIX_NOT_FINITE",
      `The entry at row ${Math.floor(index / cols)}, column ${index % cols} is ${part[index]}.`,
      "Pass a matrix of finite numbers.",
    );
  }
}

function firstNotFinite(values: FloatArray): number | undefined {
  if (Number.isFinite(sumSquares(values))) return undefined;
  for (let index = 0; index < values.length; index++) {
    if (!Number.isFinite(values[index] as number)) return index;
  }
  return undefined;
}

/** The entries of a matrix on a support, and the squared norm of those off it. */
export function onSupport(whole: Parts, pattern: Pattern): { values: Parts; off: number } {
  if (pattern.blocks === 1) return { values: whole, off: 0 };
  const values = mapParts(whole, (part) => {
    const kept = zerosLike(part, pattern.nonZeros);
    forEachNonZero(pattern, (row, column, index) => {
      kept[index] = part[row * pattern.cols + column] as number;
    });
    return kept;
  });
  const rest = mapParts(whole, (part) => {
    const dropped = part.slice();
    forEachNonZero(pattern, (row, column) => {
      dropped[row * pattern.cols + column] = 0;
    });
    return dropped;
  });
  return { values, off: squaredNormOf(rest) };
}

/** The transposed matrix, `[cols, rows]`. */
export function transposeDense<M extends FloatArray | Complex<FloatArray>>(
  dense: M,
  rows: number,
  cols: number,
): M {
  const turned = mapParts(partsOf(dense), (part) => {
    const result = zerosLike(part, part.length);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < cols; column++) {
        result[column * rows + row] = part[row * cols + column] as number;
      }
    }
    return result;
  });
  return ("re" in dense ? turned : turned.re) as M;
}
