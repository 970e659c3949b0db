import { arrayTag, requireList, requireText, requireWhole } from "../errors/argument-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";

/** What a type of numbers holds. */
interface Range {
  /** Numbers of at least this magnitude become infinite when they are rounded to the type. */
  readonly overflow: number;
  readonly largest: number;
  /** Smaller numbers lose digits. */
  readonly smallestNormal: number;
}

/** The floating-point types that numbers are narrowed to, by the names of the safetensors format. */
export type NarrowType = "F32" | "F16" | "BF16" | "F8_E4M3" | "F8_E5M2";

export const RANGES: Readonly<Record<NarrowType, Range>> = {
  F32: {
    overflow: (2 - 2 ** -24) * 2 ** 127,
    largest: (2 - 2 ** -23) * 2 ** 127,
    smallestNormal: 2 ** -126,
  },
  F16: { overflow: 65520, largest: 65504, smallestNormal: 2 ** -14 },
  // By way of single precision, as the numbers are rounded.
  BF16: {
    overflow: (2 - 2 ** -8 - 2 ** -24) * 2 ** 127,
    largest: (2 - 2 ** -7) * 2 ** 127,
    smallestNormal: 2 ** -126,
  },
  // A tie between the largest number and what would follow it goes to the largest, whose last bit is 0.
  F8_E4M3: { overflow: 464 + 2 ** -44, largest: 448, smallestNormal: 2 ** -6 },
  F8_E5M2: { overflow: 61440, largest: 57344, smallestNormal: 2 ** -14 },
};

const INTEGERS: Readonly<Record<string, readonly [least: number, largest: number]>> = {
  I32: [-(2 ** 31), 2 ** 31 - 1],
  U32: [0, 2 ** 32 - 1],
};

/**
 * Refuses finite numbers that storing would make infinite, and for types of integers what is not one of
 * theirs. What is infinite or NaN already is stored as it is. A number that is too small becomes a
 * smaller one or zero, which the error of what is stored tells.
 *
 * @param dtype a type of the safetensors format; one that is not known here is not checked
 * @param what the beginning of a sentence, such as `The tensor "w"`
 * @param first index of the first of these values, where they are a part
 * @throws PapilioError `VALUE_RANGE`, with the first such number and its index; `OPTION_INVALID`
 */
export function requireStorable(
  values: ArrayLike<number>,
  dtype: string,
  what: string,
  first: number = 0,
): void {
  if (arrayTag(values) === undefined) requireList("What is stored", values);
  requireText("The element type", dtype);
  requireText("The name of the values", what);
  requireWhole("The index of the first value", first, 0);
  const range = Object.hasOwn(RANGES, dtype) ? RANGES[dtype as NarrowType] : undefined;
  if (range !== undefined) {
    const index = overflowIn(values, range.overflow);
    if (index >= 0) {
      throw outOfRange(what, values[index] as number, first + index, dtype, range.largest);
    }
    return;
  }
  const bounds = Object.hasOwn(INTEGERS, dtype) ? INTEGERS[dtype] : undefined;
  if (bounds === undefined) return;
  const [least, largest] = bounds;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (Number.isInteger(value) && value >= least && value <= largest) continue;
    throw new PapilioError(
      "VALUE_RANGE",
      `${what} has ${value} at index ${first + index}, and ${dtype} holds whole numbers from ${least} to ${largest}.`,
      "Store it as F32 or F64, or give whole numbers of that range.",
    );
  }
}

/** The index of the first finite number of at least this magnitude; -1 where there is none. */
export function overflowIn(values: ArrayLike<number>, overflow: number): number {
  for (let index = 0; index < values.length; index++) {
    const magnitude = Math.abs(values[index] as number);
    if (magnitude >= overflow && magnitude !== Number.POSITIVE_INFINITY) return index;
  }
  return -1;
}

function outOfRange(
  what: string,
  value: number,
  index: number,
  dtype: string,
  largest: number,
): PapilioError {
  return new PapilioError(
    "VALUE_RANGE",
    `${what} has ${value} at index ${index}, and the largest number of ${dtype} is ${largest}.`,
    "Use a type with a wider range: F8_E4M3 ends at 448, F8_E5M2 at 57344, F16 at 65504, BF16 and F32 at 3.4e38, F64 at 1.8e308. Or scale the values.",
  );
}
