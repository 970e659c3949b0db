import { PapilioError } from "@papilio/butterfly";

/** @throws PapilioError `KERNEL_PROBLEM` unless each of a kernel's counts is a whole number of at least 1 */
export function requireCounts(kernel: string, counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) {
    if (Number.isSafeInteger(count) && count >= 1) continue;
    throw new PapilioError(
      "KERNEL_PROBLEM",
      `The ${kernel} kernel is asked for with ${name} ${count}.`,
      "Give a whole number of at least 1.",
    );
  }
}

/** @throws PapilioError `KERNEL_PROBLEM` unless `whole` is a multiple of `part` */
export function requireMultiple(
  kernel: string,
  [wholeName, whole]: readonly [string, number],
  [partName, part]: readonly [string, number],
): void {
  if (whole % part === 0) return;
  throw new PapilioError(
    "KERNEL_PROBLEM",
    `The ${kernel} kernel is asked for with ${wholeName} ${whole}, which is not a multiple of ${partName} ${part}.`,
    `Make ${wholeName} a multiple of ${partName}.`,
  );
}

/** @throws PapilioError `KERNEL_PROBLEM` unless a kernel's number is finite, and not below `least` */
export function requireNumber(
  kernel: string,
  numbers: Readonly<Record<string, number>>,
  least: number = Number.NEGATIVE_INFINITY,
): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (Number.isFinite(value) && value >= least) continue;
    throw new PapilioError(
      "KERNEL_PROBLEM",
      `The ${kernel} kernel is asked for with ${name} ${value}.`,
      least === Number.NEGATIVE_INFINITY
        ? "Give a finite number."
        : `Give a finite number of at least ${least}.`,
    );
  }
}
