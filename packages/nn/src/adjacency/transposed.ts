import { SparseMatrix } from "./sparse-matrix.ts";

/** A matrix with rows and columns exchanged. */
export interface Transposed {
  readonly matrix: SparseMatrix;
  /** For each non-zero, its number in the matrix that was transposed. */
  readonly numbers: Uint32Array;
}

const known = new WeakMap<SparseMatrix, Transposed>();

/** Transposes a matrix; once, so that graphs share what is made of it. Non-zeros of a row are in the order of columns. */
export function transposed(matrix: SparseMatrix): Transposed {
  const found = known.get(matrix);
  if (found !== undefined) return found;
  const { rows, cols, starts, columns, values } = matrix;
  const ends = new Uint32Array(cols + 1);
  for (const column of columns) ends[column + 1] = (ends[column + 1] as number) + 1;
  for (let column = 0; column < cols; column++) {
    ends[column + 1] = (ends[column + 1] as number) + (ends[column] as number);
  }
  const begins = ends.slice();
  const numbers = new Uint32Array(columns.length);
  const backColumns = new Uint32Array(columns.length);
  for (let row = 0; row < rows; row++) {
    for (let number = starts[row] as number; number < (starts[row + 1] as number); number++) {
      const column = columns[number] as number;
      const place = begins[column] as number;
      begins[column] = place + 1;
      numbers[place] = number;
      backColumns[place] = row;
    }
  }
  const backValues = values && Float32Array.from(numbers, (number) => values[number] as number);
  const made = { matrix: new SparseMatrix([cols, rows], ends, backColumns, backValues), numbers };
  known.set(matrix, made);
  return made;
}
