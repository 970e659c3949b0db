import { PapilioError } from "@papilio/butterfly";

/** Splits `a,b` and repeated flags into one list. */
export function list(value: string, previous: readonly string[] = []): string[] {
  return [...previous, ...value.split(",").map((item) => item.trim())];
}

/** Collects a repeated flag whose value has commas of its own. */
export function collect(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}

/**
 * A whole number from a flag.
 *
 * @throws PapilioError `FLAG_INVALID`
 */
export function wholeNumber(flag: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least && value <= most) {
    return value;
  }
  throw new PapilioError(
    "FLAG_INVALID",
    `${flag} is ${JSON.stringify(text)}, but it must be a whole number from ${least} to ${most}.`,
    `Give ${flag} such a number.`,
  );
}

/**
 * One of a few words from a flag.
 *
 * @throws PapilioError `FLAG_INVALID`
 */
export function oneOf<const T extends string>(flag: string, text: string, words: readonly T[]): T {
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  throw new PapilioError(
    "FLAG_INVALID",
    `${flag} is ${JSON.stringify(text)}, but it must be one of ${words.join(", ")}.`,
    `Give ${flag} one of them.`,
  );
}
