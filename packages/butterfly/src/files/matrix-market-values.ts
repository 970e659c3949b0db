import {
  requireArray,
  requireObject,
  requireOneOf,
  requireWhole,
} from "../errors/argument-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import type { Complex } from "../numeric/complex.ts";
import {
  type FloatArray,
  type FloatArrays,
  type FloatType,
  zeros,
} from "../numeric/float-array.ts";
import type { FileBytes } from "./byte-reader.ts";
import { fileError } from "./file-error.ts";
import {
  type MatrixMarketFile,
  type MatrixMarketHeader,
  Places,
  SYMMETRIES,
  scanMatrixMarket,
} from "./matrix-market.ts";

/** Entries of a dense form that are always made: 64 MiB in float32. */
const SMALL_DENSE = 2 ** 24;
/** Entries of a larger one for each that the file lists, at most: memory in proportion to the file. */
const MOST_FILL = 16;

/**
 * All entries of a matrix, `[rows, cols]` row-major, complex where the field is. Entries of one place
 * are added.
 *
 * @throws PapilioError `DENSE_TOO_LARGE` for more than 2^24 entries of which less than a sixteenth is in
 *   the file; `ARRAY_TOO_LARGE`
 */
export function matrixMarketValues<T extends FloatType>(
  matrix: MatrixMarketFile,
  type: T,
): FloatArrays[T] | Complex<FloatArrays[T]> {
  requireMatrix(matrix);
  const { listed, rowIndices, columnIndices, re, im } = matrix;
  const dense = new Dense(matrix, type);
  const places = new Places(matrix);
  for (let entry = 0; entry < listed; entry++) {
    if (rowIndices !== undefined) places.row = rowIndices[entry] as number;
    if (columnIndices !== undefined) places.column = columnIndices[entry] as number;
    dense.add(places.row, places.column, re?.[entry] ?? 1, im?.[entry] ?? 0);
    places.next();
  }
  return dense.values;
}

/** What {@link readMatrixMarketValues} reads: the dense form of a matrix. */
export interface MatrixMarketValues<T extends FloatType> extends MatrixMarketHeader {
  /** `[rows, cols]` row-major. */
  readonly values: FloatArrays[T] | Complex<FloatArrays[T]>;
}

/**
 * The dense form of the matrix in a file, as {@link matrixMarketValues} has it. The entries that the file
 * lists are kept nowhere else.
 *
 * @throws PapilioError what {@link readMatrixMarket} and {@link matrixMarketValues} throw
 */
export function readMatrixMarketValues<T extends FloatType>(
  file: FileBytes,
  type: T,
): MatrixMarketValues<T> {
  let dense: Dense<T> | undefined;
  const header = scanMatrixMarket(file, (matrix) => {
    const made = new Dense(matrix, type);
    dense = made;
    return (row, column, re, im) => made.add(row, column, re, im);
  });
  return { ...header, values: (dense as Dense<T>).values };
}

/** The dense form of a matrix whose entries come one after another. */
class Dense<T extends FloatType> {
  readonly values: FloatArrays[T] | Complex<FloatArrays[T]>;
  readonly #cols: number;
  readonly #re: FloatArray;
  readonly #im: FloatArray | undefined;
  /** What the parts of an entry are multiplied by on the other side of the diagonal; none where that is listed. */
  readonly #mirrored: readonly [re: number, im: number] | undefined;

  constructor({ rows, cols, symmetry, field, listed }: MatrixMarketHeader, type: T) {
    const entries = rows * cols;
    const complex = field === "complex";
    // Complex numbers take two arrays.
    if ((complex ? 2 : 1) * entries > Math.max(SMALL_DENSE, MOST_FILL * listed)) {
      throw new PapilioError(
        "DENSE_TOO_LARGE",
        `The matrix of ${rows} x ${cols} has ${listed} entries in its file, and ${entries} in its dense form.`,
        "Give a smaller matrix, or save the dense one as npy.",
      );
    }
    const re = zeros(type, entries);
    const im = complex ? zeros(type, entries) : undefined;
    this.values = im === undefined ? re : { re, im };
    this.#cols = cols;
    this.#re = re;
    this.#im = im;
    const sign = symmetry === "skew-symmetric" ? -1 : 1;
    this.#mirrored =
      symmetry === "general" ? undefined : [sign, symmetry === "hermitian" ? -1 : sign];
  }

  add(row: number, column: number, re: number, im: number): void {
    this.#add(row * this.#cols + column, re, im);
    if (this.#mirrored === undefined || row === column) return;
    const [real, imaginary] = this.#mirrored;
    this.#add(column * this.#cols + row, real * re, imaginary * im);
  }

  #add(at: number, re: number, im: number): void {
    this.#re[at] = (this.#re[at] as number) + re;
    if (this.#im !== undefined) this.#im[at] = (this.#im[at] as number) + im;
  }
}

function requireMatrix(matrix: MatrixMarketFile): void {
  const wanted = "what readMatrixMarket returns";
  requireObject("The matrix", matrix, wanted, "rows", "cols", "listed");
  requireWhole("The number of rows", matrix.rows, 1);
  requireWhole("The number of columns", matrix.cols, 1);
  requireOneOf("The symmetry", matrix.symmetry, SYMMETRIES);
  requireOneOf("The format", matrix.format, ["coordinate", "array"]);
  requireOneOf("The field", matrix.field, ["real", "integer", "complex", "pattern"]);
  requireWhole("The number of entries", matrix.listed, 0);
  const { rowIndices, columnIndices, re, im, listed } = matrix;
  for (const places of [rowIndices, columnIndices]) {
    if (matrix.format === "coordinate" || places !== undefined) {
      requireArray("The places of the entries", places, "Uint32Array");
    }
  }
  for (const part of [re, im]) {
    if (part !== undefined) requireArray("The entries", part, "Float64Array");
  }
  if ([rowIndices, columnIndices, re, im].every((part) => (part?.length ?? listed) === listed))
    return;
  throw fileError(
    "TENSOR_SHAPE",
    `There is not one place, and one number, for each of ${listed} entries.`,
  );
}
