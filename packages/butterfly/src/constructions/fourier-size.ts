import { primeFactors, productOf, requireSize } from "./size.ts";

/** Multiplications of a Fourier transform of `n` points by its prime factors: `n` times their sum. */
function fourierCost(n: number): number {
  return n * primeFactors(n).reduce((sum, prime) => sum + prime, 0);
}

/** Values that factors of these radices store: `r²·d`, as their blocks are the same for every `i` in `a`. */
export function fourierValues(radices: readonly number[]): number {
  let d = productOf(radices);
  return radices.reduce((sum, radix) => {
    d /= radix;
    return sum + radix * radix * d;
  }, 0);
}

/**
 * The size of at least `least` points with the cheapest Fourier transform: a product of powers of 2, 3
 * and 5, at most the next power of two.
 *
 * @throws PapilioError `CONSTRUCTION_SIZE`
 */
export function fourierSize(least: number): number {
  requireSize(least);
  let best = 2 ** Math.ceil(Math.log2(least));
  for (let fives = 1; fives < best; fives *= 5) {
    for (let odd = fives; odd < best; odd *= 3) {
      const size = odd * 2 ** Math.max(0, Math.ceil(Math.log2(least / odd)));
      if (size >= least && fourierCost(size) < fourierCost(best)) best = size;
    }
  }
  return best;
}

/** Whether a Fourier transform of `n` points is cheaper by its prime factors than by two of more points. */
export function isCheapFourier(n: number): boolean {
  return fourierCost(n) <= 2 * fourierCost(fourierSize(Math.max(1, 2 * n - 1)));
}
