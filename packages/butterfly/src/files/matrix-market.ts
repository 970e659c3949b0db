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
  indices,
  zeros,
} from "../numeric/float-array.ts";
import { fileError, quote } from "./file-error.ts";
import { wrongKind } from "./file-kind.ts";

const SYMMETRIES = ["general", "symmetric", "skew-symmetric", "hermitian"] as const;

/** A matrix of a Matrix Market file that was checked: the entries that the file lists. */
export interface MatrixMarketFile {
  readonly rows: number;
  readonly cols: number;
  /** Whether entries are listed with their places, or all of them column by column. */
  readonly format: "coordinate" | "array";
  readonly field: "real" | "integer" | "complex" | "pattern";
  /** Unless it is general, the lower triangle is listed, and stands for the upper one too. */
  readonly symmetry: (typeof SYMMETRIES)[number];
  /** Places of the entries, from 0 on. */
  readonly rowIndices: Uint32Array;
  readonly columnIndices: Uint32Array;
  /** Absent where the field is `pattern`: all are 1. */
  readonly re: Float64Array | undefined;
  /** Where the field is `complex`. */
  readonly im: Float64Array | undefined;
}

/** Rows and columns, at most: what indices of 32 bits count. */
const MOST_SIZE = 2 ** 31 - 1;
/** Entries of a dense form that are always made: 64 MiB in float32. */
const SMALL_DENSE = 2 ** 24;
/** Entries of a larger one for each that the file lists, at most: memory in proportion to the file. */
const MOST_FILL = 16;
/** Numbers of an entry beside its place. */
const PARTS = { pattern: 0, real: 1, integer: 1, complex: 2 } as const;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * Reads a Matrix Market file, of either format, any field and any symmetry.
 *
 * Source: Boisvert, Pozo and Remington, "The Matrix Market Exchange Formats" (NISTIR 5935, 1996).
 *
 * @throws PapilioError `FILE_HEADER` for another banner or sizes that are not valid, `FILE_TRUNCATED` for fewer
 *   entries than announced, `FILE_TENSOR` for an entry that is not valid, or one too many
 *
 * @example
 * ```ts
 * const matrix = readMatrixMarket(await readFile("west0479.mtx"));
 * const values = matrixMarketValues(matrix, "float32"); // [rows, cols], row-major
 * ```
 */
export function readMatrixMarket(file: Uint8Array): MatrixMarketFile {
  const other = wrongKind(file, ["matrix-market"], "a Matrix Market file");
  if (other !== undefined) throw other;
  const words = new Words(new TextDecoder().decode(file));
  const kind = readBanner(words.line());
  const { rows, cols, listed } = readSizes(words.contentLine(), kind);
  const { format, field, symmetry } = kind;
  const coordinate = format === "coordinate";
  const numbers = (coordinate ? 2 : 0) + PARTS[field];
  // A number and what divides it from the next have two characters: before memory is allocated.
  if (2 * numbers * listed > words.left + 1) {
    throw fileError(
      "FILE_TRUNCATED",
      `The file announces ${listed} entries, but ${words.left} characters follow.`,
    );
  }
  const rowIndices = indices(listed);
  const columnIndices = indices(listed);
  const re = field === "pattern" ? undefined : zeros("float64", listed);
  const im = field === "complex" ? zeros("float64", listed) : undefined;
  // Of an array, the place of the entry that comes next.
  const first = symmetry === "skew-symmetric" ? 1 : 0;
  let [row, column] = [first, 0];
  for (let entry = 0; entry < listed; entry++) {
    if (coordinate) [row, column] = [words.index(rows), words.index(cols)];
    rowIndices[entry] = row;
    columnIndices[entry] = column;
    if (re !== undefined) re[entry] = words.number();
    if (im !== undefined) im[entry] = words.number();
    if (!coordinate && ++row === rows) {
      column++;
      row = symmetry === "general" ? 0 : column + first;
    }
  }
  words.end();
  return { rows, cols, ...kind, rowIndices, columnIndices, re, im };
}

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
  const { rows, cols, symmetry, rowIndices, re, im } = matrix;
  const entries = rows * cols;
  // Complex numbers take two arrays.
  const numbers = im === undefined ? entries : 2 * entries;
  if (numbers > Math.max(SMALL_DENSE, MOST_FILL * rowIndices.length)) {
    throw new PapilioError(
      "DENSE_TOO_LARGE",
      `The matrix of ${rows} x ${cols} has ${rowIndices.length} entries in its file, and ${entries} in its dense form.`,
      "Give a smaller matrix, or save the dense one as npy.",
    );
  }
  const part = (values: Float64Array | undefined, mirrored: number): FloatArrays[T] => {
    const dense: FloatArray = zeros(type, entries);
    for (const [entry, row] of rowIndices.entries()) {
      const column = matrix.columnIndices[entry] as number;
      const value = values === undefined ? 1 : (values[entry] as number);
      dense[row * cols + column] = (dense[row * cols + column] as number) + value;
      if (row === column || symmetry === "general") continue;
      dense[column * cols + row] = (dense[column * cols + row] as number) + mirrored * value;
    }
    return dense as FloatArrays[T];
  };
  const sign = symmetry === "skew-symmetric" ? -1 : 1;
  if (im === undefined) return part(re, sign);
  return { re: part(re, sign), im: part(im, symmetry === "hermitian" ? -1 : sign) };
}

function requireMatrix(matrix: MatrixMarketFile): void {
  const wanted = "what readMatrixMarket returns";
  requireObject("The matrix", matrix, wanted, "rowIndices", "columnIndices");
  requireWhole("The number of rows", matrix.rows, 1);
  requireWhole("The number of columns", matrix.cols, 1);
  requireOneOf("The symmetry", matrix.symmetry, SYMMETRIES);
  requireArray("The rows of the entries", matrix.rowIndices, "Uint32Array");
  requireArray("The columns of the entries", matrix.columnIndices, "Uint32Array");
  for (const part of [matrix.re, matrix.im]) {
    if (part !== undefined) requireArray("The entries", part, "Float64Array");
  }
  const { length } = matrix.rowIndices;
  if (
    [matrix.columnIndices, matrix.re, matrix.im].every((part) => !part || part.length === length)
  ) {
    return;
  }
  throw fileError(
    "TENSOR_SHAPE",
    `There is not one column, and one number, for each of ${length} rows.`,
  );
}

type Kind = Pick<MatrixMarketFile, "format" | "field" | "symmetry">;

function readBanner(line: string): Kind {
  const [, object, format, field, symmetry] = line.trim().toLowerCase().split(/\s+/);
  const kind = { format, field: field === "double" ? "real" : field, symmetry } as Kind;
  const known =
    object === "matrix" &&
    ["coordinate", "array"].includes(kind.format) &&
    Object.hasOwn(PARTS, kind.field) &&
    SYMMETRIES.includes(kind.symmetry);
  const possible =
    (kind.format === "coordinate" || kind.field !== "pattern") &&
    (kind.symmetry !== "hermitian" || kind.field === "complex") &&
    (kind.symmetry !== "skew-symmetric" || kind.field !== "pattern");
  if (known && possible) return kind;
  throw fileError("FILE_HEADER", `The banner ${quote(line)} is not that of a matrix.`);
}

function readSizes(
  line: string,
  { format, symmetry }: Kind,
): { readonly rows: number; readonly cols: number; readonly listed: number } {
  const words = line.trim().split(/\s+/);
  const sizes = words.map((word) => (/^\d{1,16}$/.test(word) ? Number(word) : Number.NaN));
  const [rows = 0, cols = 0, announced = 0] = sizes;
  const whole = sizes.every((size) => Number.isSafeInteger(size));
  const fits = sizes.length === (format === "coordinate" ? 3 : 2) && rows >= 1 && cols >= 1;
  if (!whole || !fits || Math.max(rows, cols) > MOST_SIZE) {
    throw fileError("FILE_HEADER", `The line ${quote(line)} has no sizes of a matrix.`);
  }
  if (symmetry !== "general" && rows !== cols) {
    throw fileError("FILE_HEADER", `A matrix of ${rows} x ${cols} cannot be ${symmetry}.`);
  }
  if (format === "coordinate") return { rows, cols, listed: announced };
  const diagonal = symmetry === "skew-symmetric" ? -1 : 1;
  return {
    rows,
    cols,
    listed: symmetry === "general" ? rows * cols : (rows * (rows + diagonal)) / 2,
  };
}

/** A text, word by word. Lines that begin with % are comments, wherever they stand. */
class Words {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Characters that were not read yet. */
  get left(): number {
    return this.#text.length - this.#at;
  }

  line(): string {
    const end = this.#text.indexOf("\n", this.#at);
    const line = this.#text.slice(this.#at, end === -1 ? undefined : end);
    this.#at = end === -1 ? this.#text.length : end + 1;
    return line;
  }

  /** The next line that is neither empty nor a comment. */
  contentLine(): string {
    while (this.left > 0) {
      const line = this.line();
      if (line.trim() !== "" && !line.startsWith("%")) return line;
    }
    throw fileError("FILE_TRUNCATED", "The file ends before the sizes of its matrix.");
  }

  number(): number {
    const word = this.#word();
    const value = NUMBER.test(word) ? Number(word) : Number.NaN;
    if (Number.isFinite(value)) return value;
    throw fileError("FILE_TENSOR", `An entry has ${quote(word)}, which is not a finite number.`);
  }

  /** From 0 on, where the file counts from 1. */
  index(size: number): number {
    const word = this.#word();
    const value = /^\d{1,10}$/.test(word) ? Number(word) : 0;
    if (value >= 1 && value <= size) return value - 1;
    throw fileError("FILE_TENSOR", `An entry is at ${quote(word)} of ${size}.`);
  }

  end(): void {
    const word = this.#next();
    if (word === undefined) return;
    throw fileError(
      "FILE_TENSOR",
      `After the last entry that is announced there is ${quote(word)}.`,
    );
  }

  #word(): string {
    const word = this.#next();
    if (word !== undefined) return word;
    throw fileError("FILE_TRUNCATED", "The file ends before the last entry that it announces.");
  }

  #next(): string | undefined {
    for (;;) {
      WORD.lastIndex = this.#at;
      const [all = "", word] = WORD.exec(this.#text) ?? [];
      if (word === undefined) return undefined;
      this.#at += all.length;
      if (!word.startsWith("%")) return word;
      this.line();
    }
  }
}

const WORD = /\s*(\S{1,400})/y;
