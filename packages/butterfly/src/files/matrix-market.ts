import { describeValue } from "../errors/describe-value.ts";
import { indices, zeros } from "../numeric/float-array.ts";
import { type FileBytes, headOf, requireFileBytes } from "./byte-reader.ts";
import { fileError } from "./file-error.ts";
import { wrongKind } from "./file-kind.ts";
import { MatrixMarketWords } from "./matrix-market-words.ts";

/** What a matrix may be. */
export const SYMMETRIES = ["general", "symmetric", "skew-symmetric", "hermitian"] as const;

/** What a Matrix Market file says of its matrix before the entries. */
export interface MatrixMarketHeader {
  readonly rows: number;
  readonly cols: number;
  /** Whether entries are listed with their places, or all of them column by column. */
  readonly format: "coordinate" | "array";
  readonly field: "real" | "integer" | "complex" | "pattern";
  /** Unless it is general, the lower triangle is listed, and stands for the upper one too. */
  readonly symmetry: (typeof SYMMETRIES)[number];
  /** Entries that the file lists. */
  readonly listed: number;
}

/** A matrix of a Matrix Market file that was checked: the entries that the file lists. */
export interface MatrixMarketFile extends MatrixMarketHeader {
  /** Places of the entries, from 0 on; absent where the format is `array`: it follows from their order. */
  readonly rowIndices: Uint32Array | undefined;
  readonly columnIndices: Uint32Array | undefined;
  /** Absent where the field is `pattern`: all are 1. */
  readonly re: Float64Array | undefined;
  /** Where the field is `complex`. */
  readonly im: Float64Array | undefined;
}

/** Rows and columns, at most: what indices of 32 bits count. */
const MOST_SIZE = 2 ** 31 - 1;
/** Numbers of an entry beside its place. */
const PARTS = { pattern: 0, real: 1, integer: 1, complex: 2 } as const;

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
export function readMatrixMarket(file: FileBytes): MatrixMarketFile {
  let read: Omit<MatrixMarketFile, keyof MatrixMarketHeader> | undefined;
  const header = scanMatrixMarket(file, ({ listed, format, field }) => {
    const places = format === "coordinate";
    const rowIndices = places ? indices(listed) : undefined;
    const columnIndices = places ? indices(listed) : undefined;
    const re = field === "pattern" ? undefined : zeros("float64", listed);
    const im = field === "complex" ? zeros("float64", listed) : undefined;
    read = { rowIndices, columnIndices, re, im };
    let entry = 0;
    return (row, column, real, imaginary) => {
      if (rowIndices !== undefined) rowIndices[entry] = row;
      if (columnIndices !== undefined) columnIndices[entry] = column;
      if (re !== undefined) re[entry] = real;
      if (im !== undefined) im[entry] = imaginary;
      entry++;
    };
  });
  return { ...header, ...(read as Required<typeof read> & object) };
}

/**
 * What a Matrix Market file says of its matrix. All of its entries are checked, and none is kept.
 *
 * @throws PapilioError what {@link readMatrixMarket} throws
 */
export function checkMatrixMarket(file: FileBytes): MatrixMarketHeader {
  return scanMatrixMarket(file, () => () => undefined);
}

type OnEntry = (row: number, column: number, re: number, im: number) => void;

/**
 * Reads a file from its beginning to its end.
 *
 * @param begin is given the header before any entry, and gives what takes the entries
 */
export function scanMatrixMarket(
  file: FileBytes,
  begin: (header: MatrixMarketHeader) => OnEntry,
): MatrixMarketHeader {
  requireFileBytes(file);
  const other = wrongKind(headOf(file), ["matrix-market"], "a Matrix Market file");
  if (other !== undefined) throw other;
  const words = new MatrixMarketWords(file);
  const kind = readBanner(words.line());
  const header = { ...readSizes(words.contentLine(), kind), ...kind };
  const { rows, cols, listed, format, field } = header;
  const coordinate = format === "coordinate";
  const parts = PARTS[field];
  // A number and what divides it from the next have two characters: before memory is allocated.
  if (2 * ((coordinate ? 2 : 0) + parts) * listed > words.left + 1) {
    throw fileError(
      "FILE_TRUNCATED",
      `The file announces ${listed} entries, but ${words.left} characters follow.`,
    );
  }
  const onEntry = begin(header);
  const places = new Places(header);
  for (let entry = 0; entry < listed; entry++) {
    const row = coordinate ? words.index(rows) : places.row;
    const column = coordinate ? words.index(cols) : places.column;
    onEntry(row, column, parts > 0 ? words.number() : 1, parts > 1 ? words.number() : 0);
    places.next();
  }
  words.end();
  return header;
}

/** Places of the entries of an array, which are listed column by column: of a triangle, those in it. */
export class Places {
  row: number;
  column = 0;
  readonly #rows: number;
  /** Row of the first entry of a column, beyond the diagonal; undefined where all are listed. */
  readonly #first: number | undefined;

  constructor({ rows, symmetry }: MatrixMarketHeader) {
    this.#rows = rows;
    this.#first = symmetry === "general" ? undefined : symmetry === "skew-symmetric" ? 1 : 0;
    this.row = this.#first ?? 0;
  }

  next(): void {
    if (++this.row < this.#rows) return;
    this.column++;
    this.row = this.#first === undefined ? 0 : this.column + this.#first;
  }
}

type Kind = Pick<MatrixMarketHeader, "format" | "field" | "symmetry">;

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
  throw fileError("FILE_HEADER", `The banner ${describeValue(line)} is not that of a matrix.`);
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
    throw fileError("FILE_HEADER", `The line ${describeValue(line)} has no sizes of a matrix.`);
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
