import { uniform } from "@papilio/butterfly/numeric";

/** A sparse matrix in compressed sparse rows. */
export interface SparseRows {
  readonly rows: number;
  readonly cols: number;
  readonly starts: Uint32Array<ArrayBuffer>;
  readonly columns: Uint32Array<ArrayBuffer>;
}

/** One with empty rows, rows of a few entries, and a row that has all columns. */
export function sparseRows(rows: number, cols: number, seed: number): SparseRows {
  const next = uniform(seed);
  const starts = [0];
  const columns: number[] = [];
  for (let row = 0; row < rows; row++) {
    const isFull = row === Math.floor(rows / 2);
    for (let column = 0; column < cols; column++) {
      if (isFull || (row % 4 !== 1 && next() > 0.6)) columns.push(column);
    }
    starts.push(columns.length);
  }
  return { rows, cols, starts: Uint32Array.from(starts), columns: Uint32Array.from(columns) };
}

/** Numbers of the entries of a row. */
export function entriesOf({ starts }: SparseRows, row: number): readonly number[] {
  const first = starts[row] as number;
  return Array.from({ length: (starts[row + 1] as number) - first }, (_, index) => first + index);
}

/** The same matrix with rows and columns exchanged, and for each entry its number in the first one. */
export function turned(matrix: SparseRows): SparseRows & { readonly numbers: Uint32Array } {
  const { rows, cols, columns } = matrix;
  const starts = [0];
  const entries: { readonly row: number; readonly number: number }[] = [];
  for (let column = 0; column < cols; column++) {
    for (let row = 0; row < rows; row++) {
      const number = entriesOf(matrix, row).find((entry) => columns[entry] === column);
      if (number !== undefined) entries.push({ row, number });
    }
    starts.push(entries.length);
  }
  return {
    ...{ rows: cols, cols: rows, starts: Uint32Array.from(starts) },
    columns: Uint32Array.from(entries, ({ row }) => row),
    numbers: Uint32Array.from(entries, ({ number }) => number),
  };
}
