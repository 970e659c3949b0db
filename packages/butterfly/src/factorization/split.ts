import {
  adjoint,
  type Matrix,
  matrix,
  multiplyMatrices,
  squaredDistance,
} from "../linear-algebra/dense-matrix.ts";
import { orthonormalize } from "../linear-algebra/orthonormalize.ts";
import { withScratch } from "../linear-algebra/scratch.ts";
import { squaredSingularValues } from "../linear-algebra/squared-singular-values.ts";
import { type Dropped, type Truncation, truncate } from "../linear-algebra/truncate.ts";
import { chainability } from "../pattern/chainability.ts";
import { Pattern } from "../pattern/pattern.ts";
import type { TimeSlicer } from "../threads/time-slicer.ts";
import type { Parts } from "./parts.ts";

/**
 * Where the values of two chainable factors and of their product lie. The middle indices fall into
 * `a2·d1` classes of `rank` each, and the `b1 x c2` block of a class on the product is the product of
 * the class's columns on the left and of its rows on the right: the blocks are disjoint.
 *
 * Source: arXiv 2411.04506, the partition of the middle indices.
 */
export interface Split {
  readonly left: Pattern;
  readonly right: Pattern;
  readonly product: Pattern;
  readonly rank: number;
  readonly classes: number;
}

/** Which of two factors has orthonormal columns (the left one) or rows (the right one) in each class. */
export type OrthonormalSide = "left" | "right";

/** @param left chainable with `right` */
export function splitOf(left: Pattern, right: Pattern): Split {
  const link = chainability(left, right);
  const rank = link.chainable ? link.rank : 0;
  const rows = (left.b * left.d) / right.d;
  const cols = (right.a * right.c) / left.a;
  const product = new Pattern(left.a, rows, cols, right.d);
  return { left, right, product, rank, classes: right.a * left.d };
}

/**
 * The best approximation of the blocks of classes `first` to `last - 1` by products: fills these
 * classes of both factors.
 *
 * @param to the factors' values, `[a, b, c, d]`; without it only what is dropped is found
 * @returns the squared Frobenius norms of what is dropped
 */
export function splitClasses(
  product: Parts,
  split: Split,
  side: OrthonormalSide,
  [first, last]: readonly [number, number],
  to?: { readonly left: Parts; readonly right: Parts },
): Dropped {
  let sum: Dropped = NOTHING;
  for (let index = first; index < last; index++) {
    sum = withScratch(() => {
      const block = takeBlock(product, split, index);
      const found =
        side === "left"
          ? truncate(block, split.rank)
          : turned(truncate(adjoint(block), split.rank));
      if (to !== undefined) {
        putLeft(to.left, split, index, found.left);
        putRight(to.right, split, index, found.right);
      }
      return addDropped(sum, found);
    });
  }
  return sum;
}

/** Nothing dropped. */
export const NOTHING: Dropped = { dropped: 0, least: 0 };

/** What is dropped of disjoint blocks. */
export function addDropped(p: Dropped, q: Dropped): Dropped {
  return { dropped: p.dropped + q.dropped, least: p.least + q.least };
}

/**
 * The squared Frobenius norm of the difference between a matrix and the product of two factors, block
 * by block, so that the product is never there as a whole.
 */
export async function squaredDistanceOf(
  product: Parts,
  left: Parts,
  right: Parts,
  split: Split,
  slicer: TimeSlicer,
): Promise<number> {
  let sum = 0;
  for (let index = 0; index < split.classes; index++) {
    await slicer.yieldIfDue();
    sum += withScratch(() => {
      const block = multiplyMatrices(takeLeft(left, split, index), takeRight(right, split, index));
      return squaredDistance(takeBlock(product, split, index), block);
    });
  }
  return sum;
}

/**
 * What the best product of two drops for each rank: entry `r` is the squared Frobenius norm for rank
 * `r`, from 0, where it is the norm itself, to the smaller side of the blocks. Computed from squared
 * singular values, it is good to about `1e-16` of that norm.
 *
 * @param beforeBlock called before each block, with the multiplications that it takes; may throw
 */
export async function droppedByRank(
  product: Parts,
  split: Split,
  slicer: TimeSlicer,
  beforeBlock?: (multiplications: number) => void,
): Promise<Float64Array> {
  const most = Math.min(split.left.b, split.right.c);
  const dropped = new Float64Array(most + 1);
  for (let index = 0; index < split.classes; index++) {
    await slicer.yieldIfDue();
    const squares = squaresOf(product, split, index, beforeBlock);
    let sum = 0;
    for (let rank = most - 1; rank >= 0; rank--) {
      sum += squares[rank] as number;
      dropped[rank] = (dropped[rank] as number) + sum;
    }
  }
  return dropped;
}

/** The same of a single class, for one rank. */
export function droppedOfClass(product: Parts, split: Split, index: number, rank: number): number {
  const squares = squaresOf(product, split, index);
  return squares.subarray(rank).reduce((sum, square) => sum + square, 0);
}

/** The squared singular values of the block of a class, descending. */
function squaresOf(
  product: Parts,
  split: Split,
  index: number,
  beforeBlock?: (multiplications: number) => void,
): Float64Array {
  return withScratch(() => squaredSingularValues(takeBlock(product, split, index), beforeBlock));
}

/**
 * Makes the columns of the left factor orthonormal in each class, in place, and the right factor what
 * keeps the product.
 */
export function orthonormalizeLeft(left: Parts, right: Parts, split: Split): void {
  for (let index = 0; index < split.classes; index++) {
    withScratch(() => {
      const { q, t } = orthonormalize(takeLeft(left, split, index));
      putLeft(left, split, index, q);
      putRight(right, split, index, multiplyMatrices(t, takeRight(right, split, index)));
    });
  }
}

function turned(found: Truncation): Truncation {
  return { ...found, left: adjoint(found.right), right: adjoint(found.left) };
}

/** Visits a matrix with the index of each entry among the values of a factor. */
type Visit = (rows: number, cols: number, place: (row: number, column: number) => number) => Matrix;

function take({ re, im }: Parts): Visit {
  return (rows, cols, place) => {
    const block = matrix(rows, cols, im !== undefined);
    for (let row = 0, at = 0; row < rows; row++) {
      for (let column = 0; column < cols; column++, at++) {
        const index = place(row, column);
        block.re[at] = re[index] as number;
        if (im && block.im) block.im[at] = im[index] as number;
      }
    }
    return block;
  };
}

function put({ re, im }: Parts, block: Matrix): Visit {
  return (rows, cols, place) => {
    for (let row = 0, at = 0; row < rows; row++) {
      for (let column = 0; column < cols; column++, at++) {
        const index = place(row, column);
        re[index] = block.re[at] as number;
        if (im && block.im) im[index] = block.im[at] as number;
      }
    }
    return block;
  };
}

/** The `b1 x c2` block of a class. */
function takeBlock(values: Parts, { left, right, product }: Split, index: number): Matrix {
  const { i, s, q, k, rowSplit } = positionOf(left, right, index);
  const { b, c, d } = product;
  const start = (i * b + q) * c + s * right.c;
  return take(values)(left.b, right.c, (j, l) => (start + j * rowSplit * c + l) * d + k);
}

function takeLeft(values: Parts, split: Split, index: number): Matrix {
  return visitLeft(take(values), split, index);
}

function putLeft(values: Parts, split: Split, index: number, block: Matrix): void {
  visitLeft(put(values, block), split, index);
}

function takeRight(values: Parts, split: Split, index: number): Matrix {
  return visitRight(take(values), split, index);
}

function putRight(values: Parts, split: Split, index: number, block: Matrix): void {
  visitRight(put(values, block), split, index);
}

/** `b1 x rank`. */
function visitLeft(visit: Visit, { left, right, rank }: Split, index: number): Matrix {
  const { b, c, d } = left;
  const { i, s } = positionOf(left, right, index);
  return visit(b, rank, (j, t) => ((i * b + j) * c + s * rank + t) * d + (index % d));
}

/** `rank x c2`. */
function visitRight(visit: Visit, { left, right, rank }: Split, index: number): Matrix {
  const { b, c, d } = right;
  const { q, k, rowSplit } = positionOf(left, right, index);
  const superBlock = Math.floor(index / left.d);
  return visit(rank, c, (t, l) => ((superBlock * b + t * rowSplit + q) * c + l) * d + k);
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
