/**
 * The standard normal distribution's integral from -∞ to x, in float64: the Taylor series near 0, and the
 * continued fraction of the complementary error function elsewhere (Abramowitz and Stegun, 7.1.6 and 7.1.14).
 */
export function normalDistribution(x: number): number {
  const z = Math.abs(x) * Math.SQRT1_2;
  const upper = z < 2.5 ? 0.5 - series(z) : tail(z);
  return x > 0 ? 1 - upper : upper;
}

/** Half of erf(z). */
function series(z: number): number {
  let term = z;
  let sum = z;
  for (let n = 1; term > sum * Number.EPSILON; n++) {
    term *= (2 * z * z) / (2 * n + 1);
    sum += term;
  }
  return (Math.exp(-z * z) * sum) / Math.sqrt(Math.PI);
}

/** Half of erfc(z). */
function tail(z: number): number {
  let fraction = z;
  for (let n = 60; n >= 1; n--) fraction = z + n / 2 / fraction;
  return Math.exp(-z * z) / (2 * Math.sqrt(Math.PI) * fraction);
}
