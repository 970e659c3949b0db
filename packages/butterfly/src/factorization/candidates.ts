import type { Radices } from "../pattern/presets.ts";

/** Most ways of dividing a matrix in two that are looked at: those with the squarest blocks. */
const MOST_PAIRS = 48;

/**
 * Ways of dividing the rows and the columns of a matrix among the factors of a chain: all of two
 * factors with not too oblong blocks, and one of each larger number, as even as it can be.
 */
export function radicesFor(rows: number, cols: number): Radices[] {
  const pairs = divisors(rows)
    .flatMap((m) => divisors(cols).map((n) => [m, n] as const))
    .filter(([m, n]) => m * n > 1 && m * n < rows * cols)
    .map(([m, n]) => ({ rows: [m, rows / m], cols: [n, cols / n] }))
    .sort((p, q) => logAspectRatio(p) - logAspectRatio(q))
    .slice(0, MOST_PAIRS);
  const [m, n] = [primes(rows), primes(cols)];
  const longer = Array.from({ length: Math.max(m.length, n.length) }, (_, index) => index + 1)
    .filter((length) => length > 2)
    .map((length) => ({ rows: balancedRadices(m, length), cols: balancedRadices(n, length) }));
  return [...pairs, ...longer];
}

/** How far the blocks of a pair, `m1 x n2`, are from squares. */
function logAspectRatio({ rows, cols }: Radices): number {
  return Math.abs(Math.log((rows[0] as number) / (cols[1] as number)));
}

/** Products of primes, `length` of them, as equal as a greedy choice makes them. */
function balancedRadices(factors: readonly number[], length: number): number[] {
  const radices = new Array<number>(length).fill(1);
  for (const prime of factors.toReversed()) {
    const smallest = radices.indexOf(Math.min(...radices));
    radices[smallest] = (radices[smallest] as number) * prime;
  }
  return radices;
}

/** Ascending. */
function primes(size: number): number[] {
  const found: number[] = [];
  let rest = size;
  for (let prime = 2; prime * prime <= rest; prime++) {
    for (; rest % prime === 0; rest /= prime) found.push(prime);
  }
  return rest > 1 ? [...found, rest] : found;
}

/** Ascending. */
function divisors(size: number): number[] {
  const found: number[] = [];
  for (let divisor = 1; divisor * divisor <= size; divisor++) {
    if (size % divisor === 0) found.push(divisor, size / divisor);
  }
  return [...new Set(found)].sort((p, q) => p - q);
}
