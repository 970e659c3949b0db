import { requireBoolean, requireList, requireObject } from "../errors/argument-checks.ts";
import { describeValue } from "../errors/describe-value.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import { Pattern } from "./pattern.ts";

/** What a rectangular Monarch chain is made for. */
export interface MonarchShape {
  readonly rows: number;
  readonly cols: number;
  /**
   * Number of dense blocks of the right factor; it divides both the rows and the columns. Unless given it is
   * the number with which the chain has the fewest values, the smaller one of two that have as many.
   */
  readonly blocks?: number | undefined;
  /**
   * Number of blocks that are interleaved in the left factor; it divides the rows. The smaller one of rows and
   * columns over `blocks` unless given: then the product is dense with the fewest values.
   */
  readonly leftBlocks?: number | undefined;
  /**
   * Whether rows and columns may be more than these: those of the chain with the fewest values for which they
   * divide, for a matrix that is padded with zeros. False unless given, and without a meaning beside `blocks`.
   */
  readonly pad?: boolean;
  /** Rank of the pair; 1 unless given. Both factors have `rank` times as many values. */
  readonly rank?: number;
}

/** How the rows and the columns of a dense matrix are divided among the factors of a chain. */
export interface Radices {
  /** For each factor, left-most first: their product is the number of rows. */
  readonly rows: readonly number[];
  /** For each factor, left-most first: their product is the number of columns. */
  readonly cols: readonly number[];
  /** Rank of every pair of neighbours; 1 unless given. */
  readonly rank?: number;
}

/** `(2^(l-1), 2, 2, 2^(L-l))` for l = 1..L. */
export function squareDyadicPatterns(n: number): Pattern[] {
  requireSize("n", n);
  const patterns: Pattern[] = [];
  let a = 1;
  for (; 2 * a <= n && n % (2 * a) === 0; a *= 2) patterns.push(new Pattern(a, 2, 2, n / (2 * a)));
  if (n >= 2 && a === n) return patterns;
  throw invalidSize(
    `A square dyadic chain needs a power of two of at least 2, not ${n}.`,
    isPrime(n)
      ? "Pad the matrix to a power of two: a prime size has no chain of several factors."
      : "Use a power of two, or a Monarch chain.",
  );
}

/** `(1, p, p, q)(p, q, q, 1)` for the largest divisor `p` of `n` with `p <= q = n/p`. */
export function squareMonarchPatterns(n: number): Pattern[] {
  requireSize("n", n);
  const blocks = fewestBlocks(n, n);
  if (blocks !== undefined) return monarchPatterns({ rows: n, cols: n, blocks });
  throw invalidSize(
    `A Monarch chain needs a size that is a product of two numbers greater than 1, not ${n}.`,
    "Pad the matrix to a size with a divisor near its square root.",
  );
}

/** `(1, rows/q, rank*blocks, q)(blocks, rank*q, cols/blocks, 1)` for `q = min(rows, cols)/blocks`. */
export function monarchPatterns(shape: MonarchShape): Pattern[] {
  requireObject("The shape of a Monarch chain", shape, "a size, or rows, cols and blocks");
  const { rank = 1, pad = false } = shape;
  requireBoolean("pad", pad);
  for (const name of ["rows", "cols"] as const) requireSize(name, shape[name]);
  requireSize("rank", rank);
  const isPadded = pad && shape.blocks === undefined;
  const sizes = isPadded ? paddedMonarch(shape.rows, shape.cols) : shape;
  const { rows, cols, leftBlocks, blocks = fewestBlocks(rows, cols) } = sizes;
  if (blocks === undefined) {
    throw invalidSize(
      `There is no Monarch chain for ${rows} x ${cols}: rows and columns have no divisor in common that fits.`,
      "Pad the matrix to a size with more divisors, as the option pad does.",
    );
  }
  requireSize("blocks", blocks);
  if (leftBlocks !== undefined) {
    requireSize("leftBlocks", leftBlocks);
    for (const [name, size, count] of [
      ["rows", rows, leftBlocks],
      ["cols", cols, blocks],
    ] as const) {
      if (size % count === 0) continue;
      throw invalidSize(
        `${size} ${name} do not divide into ${count} blocks of the same size.`,
        "Use a number of left blocks that divides the rows, and of blocks that divides the columns.",
      );
    }
    return monarchPair(rows, cols, blocks, leftBlocks, rank);
  }
  for (const [name, size] of Object.entries({ rows, cols })) {
    if (size % blocks === 0) continue;
    throw invalidSize(
      `${size} ${name} do not divide into ${blocks} blocks of the same size.`,
      "Use a number of blocks that divides both the rows and the columns.",
    );
  }
  const q = Math.min(rows, cols) / blocks;
  if (rows % q !== 0) {
    throw invalidSize(
      `${cols} columns in ${blocks} blocks make ${q} blocks in the left factor, which do not divide ${rows} rows.`,
      "Use a number of blocks such that cols/blocks divides the rows.",
    );
  }
  return monarchPair(rows, cols, blocks, q, rank);
}

/** `(1, rows/q, rank*p, q)(p, rank*q, cols/p, 1)`, whose product is dense. */
function monarchPair(rows: number, cols: number, p: number, q: number, rank: number): Pattern[] {
  return [new Pattern(1, rows / q, rank * p, q), new Pattern(p, rank * q, cols / p, 1)];
}

/**
 * The size to which a matrix is padded for the Monarch chain with the fewest values, and the blocks of that; its
 * own size unless padding halves the values.
 */
function paddedMonarch(rows: number, cols: number): MonarchShape {
  const least = Math.min(rows, cols);
  let best = { rows, cols, blocks: 1, leftBlocks: 1, values: Number.POSITIVE_INFINITY };
  for (let p = 2; p <= Math.max(2, least); p++) {
    const q = Math.max(2, Math.ceil(least / p));
    const padded = {
      rows: rows === least ? p * q : q * Math.ceil(rows / q),
      cols: cols === least ? p * q : p * Math.ceil(cols / p),
    };
    const values = padded.rows * p + q * padded.cols;
    const isSmaller = padded.rows * padded.cols < best.rows * best.cols;
    if (values < best.values || (values === best.values && isSmaller))
      best = { ...padded, blocks: p, leftBlocks: q, values };
  }
  const own = fewestBlocks(rows, cols);
  if (own !== undefined && rows * own + (least / own) * cols <= 2 * best.values) {
    return { rows, cols };
  }
  return best;
}

/**
 * The number of blocks with which a Monarch chain of a shape has the fewest values, neither one block nor as
 * many as the smaller size; undefined where there is none. Takes the root of the sizes' greatest common divisor.
 */
function fewestBlocks(rows: number, cols: number): number | undefined {
  const least = Math.min(rows, cols);
  const common = greatestDivisor(rows, cols);
  const values = (blocks: number): number => rows * blocks + (least / blocks) * cols;
  let best: number | undefined;
  for (let divisor = 1; divisor * divisor <= common; divisor++) {
    if (common % divisor !== 0) continue;
    for (const blocks of [divisor, common / divisor]) {
      if (blocks === 1 || blocks === least || rows % (least / blocks) !== 0) continue;
      const isFewer =
        best === undefined ||
        values(blocks) < values(best) ||
        (values(blocks) === values(best) && blocks < best);
      if (isFewer) best = blocks;
    }
  }
  return best;
}

/** Of both numbers in common (Euclid). */
function greatestDivisor(p: number, q: number): number {
  return q === 0 ? p : greatestDivisor(q, p % q);
}

/**
 * `(n1...n(l-1), r·ml, r·nl, m(l+1)...mL)` for l = 1..L, without `r` on the left of the first factor
 * and on the right of the last.
 */
export function radixPatterns(radices: Radices): Pattern[] {
  requireObject("The radices", radices, "an object with rows and cols");
  const { rows, cols, rank = 1 } = radices;
  requireList("The radices of the rows", rows);
  requireList("The radices of the columns", cols);
  for (const size of [...rows, ...cols, rank]) requireSize("a radix or the rank", size);
  if (rows.length !== cols.length) {
    throw invalidSize(
      `There are ${rows.length} radices of the rows and ${cols.length} of the columns.`,
      "Give one of each for every factor.",
    );
  }
  const last = rows.length - 1;
  let a = 1;
  let d = rows.slice(1).reduce((product, radix) => product * radix, 1);
  return rows.map((m, index) => {
    const n = cols[index] as number;
    const pattern = new Pattern(a, index === 0 ? m : rank * m, index === last ? n : rank * n, d);
    a *= n;
    d /= rows[index + 1] ?? 1;
    return pattern;
  });
}

function requireSize(name: string, size: unknown): asserts size is number {
  if (Number.isSafeInteger(size) && (size as number) >= 1) return;
  throw invalidSize(
    `${name} is ${describeValue(size)}, but it must be a whole number of at least 1.`,
    "Give a positive whole number.",
  );
}

/** Whether there is no chain of several dense blocks of this size. */
function isPrime(n: number): boolean {
  for (let divisor = 2; divisor * divisor <= n; divisor++) if (n % divisor === 0) return false;
  return true;
}

function invalidSize(message: string, fix: string): PapilioError {
  return new PapilioError("CHAIN_SIZE", message, fix);
}
