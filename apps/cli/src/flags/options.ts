import { PapilioError } from "@papilio/butterfly";
import { describeValue, didYouMean } from "@papilio/butterfly/errors";

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
    `${flag} is ${describeValue(text)}, but it must be a whole number from ${least} to ${most}.`,
    `Give ${flag} such a number.`,
  );
}

/**
 * A number from a flag.
 *
 * @throws PapilioError `FLAG_INVALID`
 */
export function numberFrom(flag: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d*\.?\d+(?:e-?\d+)?$/i.test(text) && value >= least && value <= most) return value;
  throw new PapilioError(
    "FLAG_INVALID",
    `${flag} is ${describeValue(text)}, but it must be a number from ${least} to ${most}.`,
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
    `${flag} is ${describeValue(text)}, but it must be one of ${words.join(", ")}.`,
    `${didYouMean(text, words)}Give ${flag} one of them.`,
  );
}

/**
 * Seconds from a flag such as `50ms`, `90s`, `70m` or `1.5h`.
 *
 * @throws PapilioError `FLAG_INVALID`
 */
export function duration(flag: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  const seconds =
    Number(match?.[1]) * ({ ms: 1e-3, s: 1, m: 60, h: 3600 }[match?.[2] ?? ""] ?? Number.NaN);
  if (seconds > 0 && seconds <= 1e7) return seconds;
  throw new PapilioError(
    "FLAG_INVALID",
    `${flag} is ${describeValue(text)}, but it must be a time such as 50ms, 90s, 70m or 1.5h.`,
    `Give ${flag} such a time.`,
  );
}

/**
 * Part and number of parts from a flag such as `2/4`.
 *
 * @throws PapilioError `FLAG_INVALID`
 */
export function shardOf(flag: string, text: string): [index: number, count: number] {
  const [index = "", count = "", ...rest] = text.split("/");
  const most = wholeNumber(flag, rest.length === 0 ? count : text, 1, 10_000);
  return [wholeNumber(flag, index, 1, most), most];
}
