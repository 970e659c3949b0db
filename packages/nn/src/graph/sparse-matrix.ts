import { PapilioError } from "@papilio/butterfly";

/**
 * A sparse matrix in compressed sparse row form: the edges of a graph, from the columns to the rows,
 * or weights without structure.
 */
export class SparseMatrix {
  readonly rows: number;
  readonly cols: number;
  /** `[rows + 1]`: the non-zeros of row i are those from `starts[i]` to `starts[i + 1] - 1`. */
  readonly starts: Uint32Array;
  /** Column of each non-zero. */
  readonly columns: Uint32Array;
  /** Value of each non-zero; ones without. */
  readonly values: Float32Array | undefined;

  /** @throws PapilioError `SPARSE_MATRIX` unless the arrays describe such a matrix */
  constructor(
    shape: readonly [rows: number, cols: number],
    starts: Uint32Array,
    columns: Uint32Array,
    values?: Float32Array,
  ) {
    const [rows, cols] = shape;
    const increasing = starts.every(
      (start, row) => row === 0 || start >= (starts[row - 1] as number),
    );
    const problem =
      starts.length !== rows + 1
        ? `${starts.length} starts for ${rows} rows`
        : starts[0] !== 0 || starts[rows] !== columns.length || !increasing
          ? `starts that do not increase from 0 to the ${columns.length} non-zeros`
          : values !== undefined && values.length !== columns.length
            ? `${values.length} values for ${columns.length} non-zeros`
            : columns.some((column) => column >= cols)
              ? `a column that is not below ${cols}`
              : undefined;
    if (problem !== undefined) {
      throw new PapilioError(
        "SPARSE_MATRIX",
        `A sparse matrix of ${rows} x ${cols} has ${problem}.`,
        "Give row starts, columns and values in compressed sparse row form.",
      );
    }
    this.rows = rows;
    this.cols = cols;
    this.starts = starts;
    this.columns = columns;
    this.values = values;
  }

  /**
   * From a list of entries `(row, column)`, in any order; those of a row keep it.
   *
   * @throws PapilioError `SPARSE_MATRIX`
   */
  static fromEntries(
    shape: readonly [rows: number, cols: number],
    entries: { readonly rows: ArrayLike<number>; readonly columns: ArrayLike<number> },
    values?: Float32Array,
  ): SparseMatrix {
    const count = entries.rows.length;
    const starts = new Uint32Array(shape[0] + 1);
    for (let entry = 0; entry < count; entry++) {
      const row = entries.rows[entry] as number;
      if (!(row < shape[0])) {
        throw new PapilioError(
          "SPARSE_MATRIX",
          `Entry ${entry} is in row ${row} of ${shape[0]}.`,
          "Give rows that there are.",
        );
      }
      starts[row + 1] = (starts[row + 1] as number) + 1;
    }
    for (let row = 0; row < shape[0]; row++) {
      starts[row + 1] = (starts[row + 1] as number) + (starts[row] as number);
    }
    const next = starts.slice();
    const columns = new Uint32Array(count);
    const sorted = values && new Float32Array(count);
    for (let entry = 0; entry < count; entry++) {
      const row = entries.rows[entry] as number;
      const place = next[row] as number;
      next[row] = place + 1;
      columns[place] = entries.columns[entry] as number;
      if (sorted && values) sorted[place] = values[entry] as number;
    }
    return new SparseMatrix(shape, starts, columns, sorted);
  }

  get nonZeros(): number {
    return this.columns.length;
  }

  /** The same pattern with other values. */
  withValues(values: Float32Array): SparseMatrix {
    return new SparseMatrix([this.rows, this.cols], this.starts, this.columns, values);
  }
}
