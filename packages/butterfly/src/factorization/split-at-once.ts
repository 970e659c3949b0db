import type { Dropped } from "../linear-algebra/dropped.ts";
import { kernelsWithRoom } from "../linear-algebra/kernels.ts";
import type { FloatArray } from "../numeric/float-array.ts";
import { arraysOf, type Parts } from "./parts.ts";
import { takeParts } from "./spare-buffers.ts";
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

/** Where the parts of some values lie in the memory of the kernels, in numbers. */
class Room {
  /** Numbers so far. */
  length: number = HEAD;

  take({ re, im }: Parts): readonly [re: number, im: number] {
    const start = this.length;
    this.length += re.length + (im?.length ?? 0);
    return [start, im === undefined ? NONE : start + re.length];
  }
}

type Place = readonly [re: number, im: number];

/**
 * Splits classes of two rows or two columns each, at rank one; undefined without kernels, for large matrices and
 * where the closed form does not apply to a class.
 */
export function splitTwoRowsAtOnce(
  { product, split, side, to }: SplitTask,
  [first, last]: readonly [number, number],
): Dropped | undefined {
  const { left, right } = split;
  const parts = arraysOf(product).length;
  if (to === undefined || parts * product.re.length > MOST) return undefined;
  // Other threads write other classes of these.
  if (to.left.re.buffer instanceof SharedArrayBuffer) return undefined;
  const room = new Room();
  const [own, onLeft, onRight] = [room.take(product), room.take(to.left), room.take(to.right)];
  const work = room.length;
  const found = kernelsWithRoom(work + parts * (3 * Math.max(left.b, right.c) + 2));
  if (found === undefined) return undefined;
  const { kernels, memory } = found;
  const isWhole = first === 0 && last === split.classes;
  write(product, own, memory);
  if (!isWhole) {
    write(to.left, onLeft, memory);
    write(to.right, onRight, memory);
  }
  memory.fill(0, 0, HEAD);
  setSplit(kernels, split);
  const applies = kernels.splitTwoRows(
    first,
    last,
    ...addresses(own),
    ...addresses(onLeft),
    ...addresses(onRight),
    side === "right",
    0,
    8 * work,
  );
  if (applies === 0) return undefined;
  read(to.left, onLeft, memory);
  read(to.right, onRight, memory);
  return { dropped: memory[0] as number, least: memory[1] as number };
}

/** The product of two factors, in memory of `takeParts`; undefined without kernels and for large ones. */
export function multiplyAtOnce(left: Parts, right: Parts, split: Split): Parts | undefined {
  const parts = arraysOf(left).length;
  const { nonZeros } = split.product;
  if (parts * (left.re.length + right.re.length + nonZeros) > 2 * MOST) return undefined;
  const room = new Room();
  const [onLeft, onRight] = [room.take(left), room.take(right)];
  const to = room.length;
  const found = kernelsWithRoom(to + parts * nonZeros);
  if (found === undefined) return undefined;
  const { kernels, memory } = found;
  write(left, onLeft, memory);
  write(right, onRight, memory);
  setSplit(kernels, split);
  const own = [to, parts === 1 ? NONE : to + nonZeros] as const;
  kernels.multiplyFactors(
    split.left.a,
    ...addresses(onLeft),
    ...addresses(onRight),
    ...addresses(own),
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
  const [own, onLeft, onRight] = [room.take(product), room.take(left), room.take(right)];
  const work = room.length;
  const [rows, cols] = [split.left.b, split.right.c];
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
    ...addresses(own),
    ...addresses(onLeft),
    ...addresses(onRight),
    8 * work,
  );
}

type Kernels = NonNullable<ReturnType<typeof kernelsWithRoom>>["kernels"];

function setSplit(kernels: Kernels, { left, right, rank }: Split): void {
  const { a, b, c, d } = right;
  kernels.setSplit(left.a, left.b, left.c, left.d, a, b, c, d, rank);
}

function addresses([re, im]: Place): readonly [number, number] {
  return [8 * re, 8 * im];
}

function write({ re, im }: Parts, [atRe, atIm]: Place, memory: Float64Array): void {
  memory.set(re, atRe);
  if (im) memory.set(im, atIm);
}

function read({ re, im }: Parts, [atRe, atIm]: Place, memory: Float64Array): void {
  const part = (to: FloatArray, at: number): void => to.set(memory.subarray(at, at + to.length));
  part(re, atRe);
  if (im) part(im, atIm);
}
