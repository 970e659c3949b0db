import type { Radices } from "../pattern/presets.ts";

/** Of a size, how much it may be padded by, besides 3. */
const MOST_PADDING = 0.1;
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

/**
 * A size that divides in many ways, for one that does not: the one with the smallest prime factors among
 * those up to a tenth larger. The size itself where it has a divisor near its square root.
 */
export function paddedSize(size: number): number {
  const root = Math.sqrt(size);
  if (divisors(size).some((divisor) => divisor >= root / 2 && divisor <= 2 * root)) return size;
  const largest = size + Math.max(3, Math.floor(MOST_PADDING * size));
  let best = size;
  for (let padded = size; padded <= largest; padded++) {
    if (largestPrime(padded) < largestPrime(best)) best = padded;
  }
  return best;
}

function largestPrime(size: number): number {
  return primes(size).at(-1) ?? 1;
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
