import { describeValue } from "../errors/describe-value.ts";
import { PapilioError } from "../errors/papilio-error.ts";

/** Largest size of an exact construction: `2^22`, whose factors hold 1.4 GB in double precision. */
const LARGEST = 2 ** 22;

/** @throws PapilioError `CONSTRUCTION_SIZE` unless `n` is a power of two, `least` or more */
export function requirePowerOfTwo(n: number, least: number): void {
  if (Number.isInteger(n) && Number.isInteger(Math.log2(n)) && n >= least && n <= LARGEST) return;
  throw new PapilioError(
    "CONSTRUCTION_SIZE",
    `There is no such construction of size ${describeValue(n)}.`,
    `Use a power of two from ${least} to ${LARGEST}.`,
  );
}

/** @throws PapilioError `CONSTRUCTION_SIZE` unless `n` is a whole number of at least 1 */
export function requireSome(n: number): void {
  if (Number.isSafeInteger(n) && n >= 1) return;
  throw new PapilioError(
    "CONSTRUCTION_SIZE",
    `There is no such construction for ${describeValue(n)} numbers.`,
    "Give at least one number, and a whole length of at least 1.",
  );
}

/** The smallest power of two of at least `n`. */
export function powerOfTwoFrom(n: number): number {
  return 2 ** Math.max(1, Math.ceil(Math.log2(n)));
}
