import { requireFloats, requireWhole } from "../errors/argument-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import { type FloatArray, zeros } from "../numeric/float-array.ts";
import { requireSize, requireValues } from "./size.ts";

/**
 * The Cayley transform of square blocks: `(I - S)(I + S)^-1` for the skew-symmetric part `S = (X - X^T)/2` of each
 * block `X`, an orthogonal matrix, in float64. Where another definition has the factors exchanged, or the signs,
 * give `-X` or `X^T`; where it has `X - X^T` for `S`, give `2X`. Takes `8/3·size^3` operations a block.
 *
 * Source: Cayley (1846); Qiu et al., "Controlling text-to-image diffusion by orthogonal finetuning" (2023).
 *
 * @param blocks `[count, size, size]`
 * @param size rows of a block
 * @returns `[count, size, size]`
 * @throws PapilioError `ARRAY_TYPE`, `OPTION_INVALID`, `CONSTRUCTION_SIZE` unless these are whole blocks;
 *   `MATRIX_NOT_FINITE`
 */
export function cayleyTransform(blocks: FloatArray, size: number): Float64Array {
  const count = countBlocks(blocks, size);
  blocks.forEach((value, index) => {
    if (Number.isFinite(value)) return;
    throw new PapilioError(
      "MATRIX_NOT_FINITE",
      `Value ${index} of the blocks is ${value}: there is no Cayley transform of it.`,
      "Give finite numbers.",
    );
  });
  const transformed = zeros("float64", blocks.length);
  const rows = Array.from({ length: size }, () => new Float64Array(2 * size));
  for (let block = 0; block < count; block++) {
    const at = block * size * size;
    rows.forEach((row, i) => {
      for (let j = 0; j < size; j++) {
        // Halves first: their difference does not overflow.
        const skew =
          (blocks[at + i * size + j] as number) / 2 - (blocks[at + j * size + i] as number) / 2;
        const one = i === j ? 1 : 0;
        row[j] = one + skew;
        row[size + j] = one - skew;
      }
    });
    // The two factors commute: the transform is the solution X of (I + S) X = I - S.
    solve(rows).forEach((row, i) => {
      transformed.set(row.subarray(size), at + i * size);
    });
  }
  return transformed;
}

/**
 * How many blocks there are.
 *
 * @throws PapilioError `ARRAY_TYPE`, `OPTION_INVALID`, `CONSTRUCTION_SIZE`
 */
export function countBlocks(blocks: FloatArray, size: number): number {
  requireFloats("The blocks", blocks);
  requireWhole("The size of a block", size, 1);
  requireSize(size);
  requireValues(blocks.length, "Use smaller blocks, or fewer.");
  const count = blocks.length / (size * size);
  if (Number.isInteger(count) && count >= 1) return count;
  throw new PapilioError(
    "CONSTRUCTION_SIZE",
    `${blocks.length} values do not make blocks of ${size} x ${size}.`,
    `Give ${size * size} values for each block, of one block or more.`,
  );
}

/** Gauss-Jordan elimination of `[A, B]` with row exchanges: the rows of `[I, A^-1 B]`, in place but for the order. */
function solve(rows: readonly Float64Array[]): Float64Array[] {
  const order = [...rows];
  for (let column = 0; column < order.length; column++) {
    let pivot = column;
    for (let row = column + 1; row < order.length; row++) {
      if (Math.abs(entry(order, row, column)) > Math.abs(entry(order, pivot, column))) pivot = row;
    }
    [order[column], order[pivot]] = [order[pivot] as Float64Array, order[column] as Float64Array];
    const chosen = order[column] as Float64Array;
    const inverse = 1 / (chosen[column] as number);
    for (let j = column; j < chosen.length; j++) chosen[j] = (chosen[j] as number) * inverse;
    for (let row = 0; row < order.length; row++) {
      if (row === column) continue;
      const other = order[row] as Float64Array;
      const multiple = other[column] as number;
      if (multiple === 0) continue;
      for (let j = column; j < chosen.length; j++) {
        other[j] = (other[j] as number) - multiple * (chosen[j] as number);
      }
    }
  }
  return order;
}

function entry(rows: readonly Float64Array[], row: number, column: number): number {
  return (rows[row] as Float64Array)[column] as number;
}
