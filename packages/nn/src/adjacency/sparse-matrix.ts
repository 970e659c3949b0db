import { PapilioError } from "@papilio/butterfly";
import { describeValue, requireList, requireObject } from "@papilio/butterfly/errors";
import { type Check, having } from "../arguments/checks.ts";

/**
 * A sparse matrix in compressed sparse row form: the edges of a graph, from the columns to the rows,
 * or weights without structure. An entry is there once.
 */
export class SparseMatrix {
  readonly rows: number;
  readonly cols: number;
  /** `[rows + 1]`: the non-zeros of row i are those from `starts[i]` to `starts[i + 1] - 1`. */
  readonly starts: Uint32Array;
  /** Column of each non-zero, in any order within a row. */
  readonly columns: Uint32Array;
  /** Value of each non-zero, finite; ones without. */
  readonly values: Float32Array | undefined;

  /**
   * @throws PapilioError `SPARSE_MATRIX` unless the arrays describe such a matrix: whole numbers in range,
   *   starts that do not fall, no column twice in a row, as many values as columns, finite in float32
   */
  constructor(
    shape: readonly [rows: number, cols: number],
    starts: ArrayLike<number>,
    columns: ArrayLike<number>,
    values?: ArrayLike<number>,
  ) {
    const [rows, cols] = requireShape(shape);
    const count = lengthOf(columns, "columns", shape);
    if (lengthOf(starts, "starts", shape) !== rows + 1) {
      throw wrong(shape, `${starts.length} starts for ${rows} rows`);
    }
    this.rows = rows;
    this.cols = cols;
    this.starts = wholeNumbers(shape, starts, "start", count + 1);
    this.columns = wholeNumbers(shape, columns, "column", cols);
    this.values = values === undefined ? undefined : finiteNumbers(shape, values, count);
    requireRows(this, shape);
  }

  /**
   * From a list of entries `(row, column)`, in any order; those of a row keep it. What is given twice is
   * one entry: its values are added, as in SciPy and PyTorch; without values it is an edge like others.
   * More than 2^20 rows need an entry in every sixty-fourth, on average.
   *
   * @throws PapilioError `SPARSE_MATRIX`
   */
  static fromEntries(
    shape: readonly [rows: number, cols: number],
    entries: { readonly rows: ArrayLike<number>; readonly columns: ArrayLike<number> },
    values?: ArrayLike<number>,
  ): SparseMatrix {
    requireObject("What the entries are", entries, "rows and columns");
    const [rows, cols] = requireShape(shape);
    const count = lengthOf(entries.rows, "rows", shape);
    if (lengthOf(entries.columns, "columns", shape) !== count) {
      throw wrong(shape, `${entries.columns.length} columns for entries in ${count} rows`);
    }
    if (rows > MOST_ROWS + ROWS_AN_ENTRY * count) {
      throw wrong(shape, `${count} entries, too few for so many rows`);
    }
    const rowOf = wholeNumbers(shape, entries.rows, "row", rows);
    const columnOf = wholeNumbers(shape, entries.columns, "column", cols);
    const given = values === undefined ? undefined : finiteNumbers(shape, values, count);
    const { order, ends } = byRow(rowOf, rows);
    const starts = new Uint32Array(rows + 1);
    const columns = new Uint32Array(count);
    // Sums in float64, of entries that are given several times.
    const sums = given && new Float64Array(count);
    let next = 0;
    for (let row = 0, at = 0; row < rows; row++) {
      const places = new Map<number, number>();
      for (; at < (ends[row] as number); at++) {
        const entry = order[at] as number;
        const column = columnOf[entry] as number;
        const place = places.get(column) ?? next++;
        places.set(column, place);
        columns[place] = column;
        if (sums && given) sums[place] = (sums[place] as number) + (given[entry] as number);
      }
      starts[row + 1] = next;
    }
    return new SparseMatrix(shape, starts, columns.slice(0, next), sums?.subarray(0, next));
  }

  get nonZeros(): number {
    return this.columns.length;
  }

  /** The same pattern with other values. Throws `SPARSE_MATRIX`. */
  withValues(values: ArrayLike<number>): SparseMatrix {
    return new SparseMatrix([this.rows, this.cols], this.starts, this.columns, values);
  }
}

/** Refuses what is not a sparse matrix, known by its members. */
export const sparseCheck: Check = having("a SparseMatrix", "rows", "cols", "starts", "columns");

/** Rows of any matrix, at most, and how many more for each entry: each takes memory without any. */
const [MOST_ROWS, ROWS_AN_ENTRY] = [2 ** 20, 64];

type Shape = readonly [rows: number, cols: number];

function wrong([rows, cols]: Shape, problem: string): PapilioError {
  return new PapilioError(
    "SPARSE_MATRIX",
    `A sparse matrix of ${describeValue(rows)} x ${describeValue(cols)} has ${problem}.`,
    "Give whole numbers of rows and columns that there are, each pair of them once, and finite values.",
  );
}

function requireShape(shape: Shape): Shape {
  requireList("The shape of a sparse matrix", shape);
  if (shape.length !== 2)
    throw wrong([shape[0], shape[1]], `${(shape as readonly number[]).length} sizes`);
  for (const size of shape) {
    if (Number.isInteger(size) && size >= 1 && size < 2 ** 32 - 1) continue;
    throw wrong(shape, `a size of ${describeValue(size)}`);
  }
  return shape;
}

function lengthOf(numbers: ArrayLike<unknown>, name: string, shape: Shape): number {
  // A function has a length too.
  const length: unknown = typeof numbers === "object" ? numbers?.length : undefined;
  if (typeof length === "number" && Number.isInteger(length) && length >= 0) return length;
  throw wrong(shape, `${name} that are not an array`);
}

/** Whole numbers below a bound, whatever array they come in. */
function wholeNumbers(
  shape: Shape,
  numbers: ArrayLike<number>,
  name: string,
  below: number,
): Uint32Array {
  for (let index = 0; index < numbers.length; index++) {
    const number = numbers[index] as number;
    if (Number.isInteger(number) && number >= 0 && number < below) continue;
    throw wrong(
      shape,
      `${name} ${index} of ${describeValue(number)}, which is not a whole number below ${below}`,
    );
  }
  return numbers instanceof Uint32Array ? numbers : Uint32Array.from(numbers);
}

function finiteNumbers(shape: Shape, numbers: ArrayLike<number>, count: number): Float32Array {
  const length = lengthOf(numbers, "values", shape);
  if (length !== count) throw wrong(shape, `${length} values for ${count} non-zeros`);
  for (let index = 0; index < length; index++) {
    const number: unknown = numbers[index];
    if (typeof number === "number" && Number.isFinite(Math.fround(number))) continue;
    throw wrong(
      shape,
      `value ${index} of ${describeValue(number)}, which is not finite in float32`,
    );
  }
  return numbers instanceof Float32Array ? numbers : Float32Array.from(numbers);
}

/** Starts that do not fall, and columns that are there once in a row. */
function requireRows({ rows, starts, columns }: SparseMatrix, shape: Shape): void {
  if (starts[0] !== 0 || starts[rows] !== columns.length) {
    throw wrong(shape, `starts that do not go from 0 to the ${columns.length} non-zeros`);
  }
  for (let row = 0; row < rows; row++) {
    const [start, end] = [starts[row] as number, starts[row + 1] as number];
    if (end < start)
      throw wrong(shape, `starts that fall from ${start} to ${end} after row ${row}`);
    if (new Set(columns.subarray(start, end)).size === end - start) continue;
    throw wrong(shape, `a column twice in row ${row}, which fromEntries would add up`);
  }
}

/** Entries in the order of their rows, and where those of each row end. */
function byRow(
  rowOf: Uint32Array,
  rows: number,
): { readonly order: Uint32Array; readonly ends: Uint32Array } {
  const ends = new Uint32Array(rows);
  for (const row of rowOf) ends[row] = (ends[row] as number) + 1;
  let next = 0;
  for (let row = 0; row < rows; row++) {
    const count = ends[row] as number;
    ends[row] = next;
    next += count;
  }
  const order = new Uint32Array(rowOf.length);
  rowOf.forEach((row, entry) => {
    order[ends[row] as number] = entry;
    ends[row] = (ends[row] as number) + 1;
  });
  return { order, ends };
}
