import { requireList } from "../errors/argument-checks.ts";
import { describeValue } from "../errors/describe-value.ts";
import { PapilioError } from "../errors/papilio-error.ts";

/** Largest size of an exact construction: `2^22`, whose factors hold 1.4 GB in double precision. */
const LARGEST = 2 ** 22;

/** Most values that the factors of one construction store: those of a Fourier transform of the largest size. */
const MOST_VALUES = 4 * LARGEST;

/** @throws PapilioError `CONSTRUCTION_SIZE` unless `n` is a power of two, `least` or more */
export function requirePowerOfTwo(n: number, least: number): void {
  if (Number.isInteger(n) && Number.isInteger(Math.log2(n)) && n >= least && n <= LARGEST) return;
  throw sizeError(n, `Use a power of two from ${least} to ${LARGEST}.`);
}

/** @throws PapilioError `CONSTRUCTION_SIZE` unless `n` is a whole number from `least` to the largest size */
export function requireSize(n: number, least = 1): void {
  if (Number.isSafeInteger(n) && n >= least && n <= LARGEST) return;
  throw sizeError(n, `Use a whole number from ${least} to ${LARGEST}.`);
}

/** @throws PapilioError `CONSTRUCTION_SIZE` for factors that would store too many values */
export function requireValues(values: number, fix: string): void {
  if (values <= MOST_VALUES) return;
  throw new PapilioError(
    "CONSTRUCTION_SIZE",
    `The factors of this construction would hold ${values} values, more than ${MOST_VALUES}.`,
    fix,
  );
}

/**
 * The radices of `n`: its prime factors, ascending, unless others are given.
 *
 * @throws PapilioError `CONSTRUCTION_SIZE` unless they are whole numbers of at least 1 whose product is `n`;
 *   `OPTION_INVALID`
 */
export function radicesOf(n: number, radices?: readonly number[]): readonly number[] {
  requireSize(n);
  if (radices === undefined) return primeFactors(n);
  requireRadices(radices);
  if (productOf(radices) === n) return radices.length > 0 ? radices : [1];
  throw new PapilioError(
    "CONSTRUCTION_SIZE",
    `The radices ${radices.join(", ")} have the product ${productOf(radices)}, not ${n}.`,
    "Give radices whose product is the size.",
  );
}

/** @throws PapilioError `CONSTRUCTION_SIZE` unless they are sizes whose product is one; `OPTION_INVALID` */
export function requireRadices(radices: readonly number[]): void {
  requireList("The radices", radices);
  // Not `forEach`, which skips the holes of a list.
  for (let index = 0; index < radices.length; index++) requireSize(radices[index] as number);
  requireSize(productOf(radices));
}

/** The prime factors of a whole number, ascending; 1 for 1. Takes its square root in divisions. */
export function primeFactors(n: number): number[] {
  const factors: number[] = [];
  let rest = n;
  for (let divisor = 2; divisor * divisor <= rest; divisor++) {
    for (; rest % divisor === 0; rest /= divisor) factors.push(divisor);
  }
  return rest > 1 || n === 1 ? [...factors, rest] : factors;
}

export function productOf(numbers: readonly number[]): number {
  return numbers.reduce((product, number) => product * number, 1);
}

function sizeError(n: unknown, fix: string): PapilioError {
  return new PapilioError(
    "CONSTRUCTION_SIZE",
    `There is no such construction of size ${describeValue(n)}.`,
    fix,
  );
}
