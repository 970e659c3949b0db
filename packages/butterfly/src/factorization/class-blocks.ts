import { type Matrix, matrix } from "../linear-algebra/dense-matrix.ts";
import type { FloatArray } from "../numeric/float-array.ts";
import type { Pattern } from "../pattern/pattern.ts";
import type { Parts } from "./parts.ts";
import type { Split } from "./split-task.ts";

/** Where a block lies in values: its entry `(row, column)` is at `start + row·rowStep + column·columnStep`. */
export interface BlockPlace {
  readonly start: number;
  readonly rows: number;
  readonly rowStep: number;
  readonly cols: number;
  readonly columnStep: number;
}

/** The `b1 x c2` block of a class in the product. */
export function blockPlace({ left, right, product }: Split, index: number): BlockPlace {
  const { i, s, q, k, rowSplit } = positionOf(left, right, index);
  const { b, c, d } = product;
  return {
    start: ((i * b + q) * c + s * right.c) * d + k,
    rows: left.b,
    rowStep: rowSplit * c * d,
    cols: right.c,
    columnStep: d,
  };
}

/** The `b1 x rank` block of a class in the left factor. */
export function leftPlace({ left, right, rank }: Split, index: number): BlockPlace {
  const { b, c, d } = left;
  const { i, s } = positionOf(left, right, index);
  const start = (i * b * c + s * rank) * d + (index % d);
  return { start, rows: b, rowStep: c * d, cols: rank, columnStep: d };
}

/** The `rank x c2` block of a class in the right factor. */
export function rightPlace({ left, right, rank }: Split, index: number): BlockPlace {
  const { b, c, d } = right;
  const { q, k, rowSplit } = positionOf(left, right, index);
  const superBlock = Math.floor(index / left.d);
  const start = (superBlock * b + q) * c * d + k;
  return { start, rows: rank, rowStep: rowSplit * c * d, cols: c, columnStep: d };
}

/** The place of the transposed block. */
function transposed({ start, rows, rowStep, cols, columnStep }: BlockPlace): BlockPlace {
  return { start, rows: cols, rowStep: columnStep, cols: rows, columnStep: rowStep };
}

/** Copies a block into contiguous memory, where there is none given into new one. */
export function takeBlock(
  { re, im }: Parts,
  place: BlockPlace,
  to: Matrix = matrix(place.rows, place.cols, im !== undefined),
): Matrix {
  gather(re, place, to.re);
  if (im && to.im) gather(im, place, to.im);
  return to;
}

/** Copies the adjoint of a block into contiguous memory. */
export function takeAdjoint(values: Parts, place: BlockPlace, to?: Matrix): Matrix {
  const block = takeBlock(values, transposed(place), to);
  negate(block.im);
  return block;
}

export function putBlock({ re, im }: Parts, place: BlockPlace, block: Matrix): void {
  scatter(block.re, place, re);
  if (im && block.im) scatter(block.im, place, im);
}

/** Puts the adjoint of a block, which changes. */
export function putAdjoint(values: Parts, place: BlockPlace, block: Matrix): void {
  negate(block.im);
  putBlock(values, transposed(place), block);
}

function negate(values: Float64Array | undefined): void {
  if (values === undefined) return;
  for (let index = 0; index < values.length; index++) values[index] = -(values[index] as number);
}

function gather(values: FloatArray, place: BlockPlace, to: Float64Array): void {
  const { start, rows, rowStep, cols, columnStep } = place;
  for (let row = 0, at = 0; row < rows; row++) {
    let from = start + row * rowStep;
    for (const end = at + cols; at < end; at++, from += columnStep) to[at] = values[from] as number;
  }
}

function scatter(block: Float64Array, place: BlockPlace, to: FloatArray): void {
  const { start, rows, rowStep, cols, columnStep } = place;
  for (let row = 0, at = 0; row < rows; row++) {
    let index = start + row * rowStep;
    for (const end = at + cols; at < end; at++, index += columnStep)
      to[index] = block[at] as number;
  }
}

/** Class `index = (i2, k1)`: `i2 = i·a2/a1 + s` and `k1 = q·d2 + k`. */
function positionOf(
  left: Pattern,
  right: Pattern,
  index: number,
): { i: number; s: number; q: number; k: number; rowSplit: number } {
  const columnSplit = right.a / left.a;
  const superBlock = Math.floor(index / left.d);
  const neighbour = index % left.d;
  return {
    i: Math.floor(superBlock / columnSplit),
    s: superBlock % columnSplit,
    q: Math.floor(neighbour / right.d),
    k: neighbour % right.d,
    rowSplit: left.d / right.d,
  };
}
