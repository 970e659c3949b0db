import type { Dropped } from "../linear-algebra/dropped.ts";
import { kernelsWithRoom } from "../linear-algebra/kernels.ts";
import type { FloatArray } from "../numeric/float-array.ts";
import { arraysOf, type Parts } from "./parts.ts";
import { isShared, takeParts } from "./spare-buffers.ts";
import type { Split, SplitTask, SplitValues } from "./split-task.ts";

/*
 * A call for all classes of a slice, of what is copied to the memory of the kernels as a whole: blocks of small
 * matrices are so small that objects for each would be the most memory of a factorization. What is computed is
 * the same to the last bit.
 */

/** Numbers of the memory of kernels that a matrix may take: 4 MiB. */
const MOST = 2 ** 19;
/** Address of values that are not there. */
const NONE = 0;
/** Numbers before the others, so that no address is {@link NONE}: two sums. */
const HEAD = 2;

/** Where the parts of some values lie in the memory of the kernels: addresses in bytes. */
interface Place {
  readonly re: number;
  readonly im: number;
}

const NOWHERE: Place = { re: NONE, im: NONE };

class Room {
  /** Numbers so far. */
  length: number = HEAD;

  take({ re, im }: Parts): Place {
    const start = this.length;
    this.length += re.length + (im?.length ?? 0);
    return { re: 8 * start, im: im === undefined ? NONE : 8 * (start + re.length) };
  }
}

/** The least shorter side of blocks of which WebAssembly finds the leading singular vectors. */
const LEAST_SIDE = 4;

/**
 * Splits classes at rank one; undefined without kernels, for large matrices, for blocks of three rows or columns and
 * where a class needs more than the plain way.
 */
export function splitAtOnce(
  { product, split, side, to }: SplitTask,
  [first, last]: readonly [number, number],
): Dropped | undefined {
  const { left, right, rank } = split;
  const least = Math.min(left.b, right.c);
  if (rank !== 1 || !(least === 2 || least >= LEAST_SIDE)) return undefined;
  const parts = arraysOf(product).length;
  if (parts * product.re.length > MOST) return undefined;
  // Other threads write other classes of these.
  if (to !== undefined && isShared(to.left.re.buffer)) return undefined;
  const room = new Room();
  const own = room.take(product);
  const onLeft = to === undefined ? NOWHERE : room.take(to.left);
  const onRight = to === undefined ? NOWHERE : room.take(to.right);
  const work = room.length;
  const found = kernelsWithRoom(work + parts * workOf(left.b, right.c));
  if (found === undefined) return undefined;
  const { kernels, memory } = found;
  write(product, own, memory);
  if (to !== undefined && (first > 0 || last < split.classes)) {
    write(to.left, onLeft, memory);
    write(to.right, onRight, memory);
  }
  memory.fill(0, 0, HEAD);
  setSplit(kernels, split);
  const splitClasses = least === 2 ? kernels.splitTwoRows : kernels.splitRankOne;
  const applies = splitClasses(
    first,
    last,
    own.re,
    own.im,
    onLeft.re,
    onLeft.im,
    onRight.re,
    onRight.im,
    side === "right",
    0,
    8 * work,
  );
  if (applies === 0) return undefined;
  if (to !== undefined) {
    read(to.left, onLeft, memory);
    read(to.right, onRight, memory);
  }
  return { dropped: memory[0] as number, least: memory[1] as number };
}

/** Numbers that splitting a class takes, for each part. */
function workOf(rows: number, cols: number): number {
  return 3 * rows * cols + Math.min(rows, cols) ** 2 + 16 * (rows + cols);
}

/** The product of two factors, in memory of `takeParts`; undefined without kernels and for large ones. */
export function multiplyAtOnce(left: Parts, right: Parts, split: Split): Parts | undefined {
  const parts = arraysOf(left).length;
  const { nonZeros } = split.product;
  if (parts * (left.re.length + right.re.length + nonZeros) > 2 * MOST) return undefined;
  const room = new Room();
  const onLeft = room.take(left);
  const onRight = room.take(right);
  const to = room.length;
  const found = kernelsWithRoom(to + parts * nonZeros);
  if (found === undefined) return undefined;
  const { kernels, memory } = found;
  write(left, onLeft, memory);
  write(right, onRight, memory);
  setSplit(kernels, split);
  const own = { re: 8 * to, im: parts === 1 ? NONE : 8 * (to + nonZeros) };
  kernels.multiplyFactors(
    split.left.a,
    onLeft.re,
    onLeft.im,
    onRight.re,
    onRight.im,
    own.re,
    own.im,
  );
  const product = takeParts(nonZeros, { complex: parts === 2, shared: false });
  read(product, own, memory);
  return product;
}

/** The squared distance of the product of two factors in some classes; undefined without kernels and for large ones. */
export function squaredDistanceAtOnce(
  product: Parts,
  split: Split,
  { left, right }: SplitValues,
  [first, last]: readonly [number, number],
): number | undefined {
  const parts = arraysOf(product).length;
  const length = product.re.length + left.re.length + right.re.length;
  if (parts * length > 2 * MOST) return undefined;
  const room = new Room();
  const own = room.take(product);
  const onLeft = room.take(left);
  const onRight = room.take(right);
  const work = room.length;
  const rows = split.left.b;
  const cols = split.right.c;
  const block = rows * cols + split.rank * (rows + cols);
  const found = kernelsWithRoom(work + parts * block);
  if (found === undefined) return undefined;
  const { kernels, memory } = found;
  write(product, own, memory);
  write(left, onLeft, memory);
  write(right, onRight, memory);
  setSplit(kernels, split);
  return kernels.squaredDistance(
    first,
    last,
    own.re,
    own.im,
    onLeft.re,
    onLeft.im,
    onRight.re,
    onRight.im,
    8 * work,
  );
}

type Kernels = NonNullable<ReturnType<typeof kernelsWithRoom>>["kernels"];

function setSplit(kernels: Kernels, { left, right, rank }: Split): void {
  const { a, b, c, d } = right;
  kernels.setSplit(left.a, left.b, left.c, left.d, a, b, c, d, rank);
}

function write({ re, im }: Parts, to: Place, memory: Float64Array): void {
  memory.set(re, to.re / 8);
  if (im) memory.set(im, to.im / 8);
}

function read({ re, im }: Parts, from: Place, memory: Float64Array): void {
  readPart(re, from.re / 8, memory);
  if (im) readPart(im, from.im / 8, memory);
}

function readPart(to: FloatArray, start: number, memory: Float64Array): void {
  to.set(memory.subarray(start, start + to.length));
}
