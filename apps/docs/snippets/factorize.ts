import { Chain } from "@papilio/butterfly";
import { fourier } from "@papilio/butterfly/constructions";
import {
  factorize,
  factorizePermuted,
  refine,
  searchChains,
} from "@papilio/butterfly/factorization";

// A smooth kernel, such as interactions between points on a line.
const n = 64;
const kernel = Float64Array.from({ length: n * n }, (_, index) => {
  const distance = Math.abs(Math.floor(index / n) - (index % n));
  return 1 / (1 + distance);
});

const chain = Chain.ofRadices({
  rows: [4, 4, 4],
  cols: [4, 4, 4],
  rank: 2,
});
const { matrix, error, bounds } = await factorize(kernel, chain);
console.log(
  `${matrix.chain.nonZeros} of ${n * n} values, error ${error.toFixed(3)}`,
); // 2048 of 4096 values, error 0.074
console.log(
  `${bounds?.lower.toFixed(3)} to ${bounds?.upper.toFixed(3)}`,
); // 0.061 to 0.075

// Alternating least squares, for the vectors that the matrix will see:
// here, constant ones.
const inputs = new Float64Array(n).fill(1);
const { errors } = await refine(kernel, matrix, { inputs, sweeps: 5 });
console.log((errors.at(-1) as number) < 1e-3 * (errors[0] as number)); // true

// The chain with the fewest values whose error is small enough.
const { best, front } = await searchChains(kernel, n, n, {
  maxError: 0.1,
});
console.log((best?.error ?? 1) <= 0.1, front.length > 1); // true true

// A Fourier matrix is a butterfly, once its rows or columns are in
// bit-reversed order.
const found = await factorizePermuted(
  fourier(n).dense(),
  Chain.squareDyadic(n),
);
console.log(
  found.error < 1e-14,
  Object.values(found.names).includes("bit-reversal"),
); // true true
