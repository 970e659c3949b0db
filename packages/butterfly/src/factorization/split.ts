import { multiplyMatrices, subtractProduct } from "../linear-algebra/dense-matrix.ts";
import type { Dropped } from "../linear-algebra/dropped.ts";
import { withKernels } from "../linear-algebra/kernels.ts";
import { orthonormalize } from "../linear-algebra/orthonormalize.ts";
import { withScratch } from "../linear-algebra/scratch.ts";
import { squaredSingularValues } from "../linear-algebra/squared-singular-values.ts";
import { truncate } from "../linear-algebra/truncate.ts";
import { chainability } from "../pattern/chainability.ts";
import { Pattern } from "../pattern/pattern.ts";
import type { TimeSlicer } from "../threads/time-slicer.ts";
import {
  blockPlace,
  leftPlace,
  putAdjoint,
  putBlock,
  rightPlace,
  takeAdjoint,
  takeBlock,
} from "./class-blocks.ts";
import type { Parts } from "./parts.ts";
import { splitAtOnce, squaredDistanceAtOnce } from "./split-at-once.ts";
import { splitByTwoRows, twoRowsOf } from "./split-by-two-rows.ts";
import type { OrthonormalSide, Split, SplitTask, SplitValues } from "./split-task.ts";

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
  to?: SplitValues,
): Dropped {
  const shape = { product, split, side, to };
  const atOnce = splitAtOnce(shape, [first, last]);
  if (atOnce !== undefined) return atOnce;
  const twoRows = twoRowsOf(product, split);
  let sum: Dropped = NOTHING;
  for (let index = first; index < last; index++) {
    const found = twoRows && splitByTwoRows(twoRows, shape, index);
    sum = addDropped(sum, found ?? withScratch(() => splitClass(shape, index)));
  }
  return sum;
}

/** Splits one class by the truncation of its block, whose orthonormal side is the left one. */
function splitClass({ product, split, side, to }: SplitTask, index: number): Dropped {
  const place = blockPlace(split, index);
  const onLeft = side === "left";
  const block = onLeft ? takeBlock(product, place) : takeAdjoint(product, place);
  const { left, right, dropped, least } = truncate(block, split.rank);
  if (to !== undefined) {
    if (onLeft) {
      putBlock(to.left, leftPlace(split, index), left);
      putBlock(to.right, rightPlace(split, index), right);
    } else {
      putAdjoint(to.left, leftPlace(split, index), right);
      putAdjoint(to.right, rightPlace(split, index), left);
    }
  }
  return { dropped, least };
}

/** Nothing dropped. */
export const NOTHING: Dropped = { dropped: 0, least: 0 };

/** What is dropped of disjoint blocks. */
export function addDropped(p: Dropped, q: Dropped): Dropped {
  return { dropped: p.dropped + q.dropped, least: p.least + q.least };
}

/**
 * The squared Frobenius norm of the difference between a matrix and the product of two factors, in the
 * classes `first` to `last - 1`: block by block, so that the product is never there as a whole.
 */
export function squaredDistanceOfClasses(
  product: Parts,
  split: Split,
  { left, right }: SplitValues,
  [first, last]: readonly [number, number],
): number {
  const atOnce = squaredDistanceAtOnce(product, split, { left, right }, [first, last]);
  if (atOnce !== undefined) return atOnce;
  let sum = 0;
  for (let index = first; index < last; index++) {
    sum += withScratch(() =>
      subtractProduct(
        takeBlock(product, blockPlace(split, index)),
        takeBlock(left, leftPlace(split, index)),
        takeBlock(right, rightPlace(split, index)),
      ),
    );
  }
  return sum;
}

export interface DroppedOptions {
  /** As `FactorizeOptions` has them. */
  readonly kernels?: Uint8Array | undefined;
  /** Called before each block, with the multiplications that it takes; may throw. */
  readonly beforeBlock?: (multiplications: number) => void;
}

/**
 * What the best product of two drops for each rank: entry `r` is the squared Frobenius norm for rank
 * `r`, from 0, where it is the norm itself, to the smaller side of the blocks. Computed from squared
 * singular values, it is good to about `1e-16` of that norm.
 */
export async function droppedByRank(
  product: Parts,
  split: Split,
  slicer: TimeSlicer,
  { kernels, beforeBlock }: DroppedOptions = {},
): Promise<Float64Array> {
  const most = Math.min(split.left.b, split.right.c);
  const dropped = new Float64Array(most + 1);
  for (let index = 0; index < split.classes; index++) {
    await slicer.yieldIfDue();
    const squares = withKernels(kernels, () => squaresOf(product, split, index, beforeBlock));
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
  return withScratch(() =>
    squaredSingularValues(takeBlock(product, blockPlace(split, index)), beforeBlock),
  );
}

/**
 * Makes the columns of the left factor orthonormal in each class, in place, and the right factor what
 * keeps the product.
 */
export function orthonormalizeLeft(left: Parts, right: Parts, split: Split): void {
  for (let index = 0; index < split.classes; index++) {
    withScratch(() => {
      const [own, next] = [leftPlace(split, index), rightPlace(split, index)];
      const { q, t } = orthonormalize(takeBlock(left, own));
      putBlock(left, own, q);
      putBlock(right, next, multiplyMatrices(t, takeBlock(right, next)));
    });
  }
}
