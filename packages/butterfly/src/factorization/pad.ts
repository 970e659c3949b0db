import { requireFloats, requireObject, requireWhole } from "../errors/argument-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import { type Complex, isComplex, requireParts } from "../numeric/complex.ts";
import { type FloatArray, zerosLike } from "../numeric/float-array.ts";
import { mapParts, partsOf } from "./parts.ts";

/** Rows and columns. */
export interface MatrixSize {
  readonly rows: number;
  readonly cols: number;
}

/**
 * A matrix with zeros below and on the right up to another size, such as that of a chain: a size that is
 * prime has no chain of several factors. What {@link factorize} finds of it, and its bounds, are those of the
 * part that counts: zeros change no singular value.
 *
 * @param dense `[rows, cols]` row-major; returned as it is where the sizes are the same
 * @throws PapilioError `DENSE_LENGTH` for an array of another size, and for a size that is smaller;
 *   `OPTION_INVALID`, `ARRAY_TYPE`, `COMPLEX_PARTS`
 *
 * @example
 * ```ts
 * const chain = Chain.monarch({ rows: 67, cols: 67, pad: true });
 * const { matrix } = await factorize(padMatrix(dense, { rows: 67, cols: 67 }, chain), chain);
 * ```
 */
export function padMatrix<M extends FloatArray | Complex<FloatArray>>(
  dense: M,
  size: MatrixSize,
  to: MatrixSize,
): M {
  for (const [name, one] of Object.entries({ size, "larger size": to })) {
    requireObject(`The ${name}`, one, "an object with rows and cols");
    requireWhole(`The rows of the ${name}`, one.rows, 1);
    requireWhole(`The columns of the ${name}`, one.cols, 1);
  }
  if (isComplex<FloatArray>(dense)) requireParts(dense);
  else requireFloats("The matrix", dense);
  const { rows, cols } = size;
  if (to.rows === rows && to.cols === cols) return dense;
  const parts = partsOf(dense);
  if (parts.re.length !== rows * cols || to.rows < rows || to.cols < cols) {
    throw new PapilioError(
      "DENSE_LENGTH",
      `${parts.re.length} entries are no matrix of ${rows} x ${cols} that is padded to ${to.rows} x ${to.cols}.`,
      "Pass all entries, row by row, and a size that is as large at least.",
    );
  }
  const padded = mapParts(parts, (part) => {
    const result = zerosLike(part, to.rows * to.cols);
    for (let row = 0; row < rows; row++) {
      result.set(part.subarray(row * cols, (row + 1) * cols), row * to.cols);
    }
    return result;
  });
  return (isComplex<FloatArray>(dense) ? padded : padded.re) as M;
}
