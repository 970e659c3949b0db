import { Chain } from "@papilio/butterfly";
import * as v from "valibot";
import { anyNumber } from "../arguments/checks.ts";

/** Checks of a number and of a text. */
type NumberSchema = v.GenericSchema<unknown, number>;
type TextSchema = v.GenericSchema<string, string>;

/** What numbers, texts and lists of results may be. */
export interface Limits {
  readonly number: NumberSchema;
  readonly count: NumberSchema;
  readonly positive: NumberSchema;
  /** A time, or none. */
  readonly seconds: NumberSchema;
  /** How long a run took: something. */
  readonly duration: NumberSchema;
  /** Of a part of a run, which may take none. */
  readonly partDuration: NumberSchema;
  /** Joules and watts. */
  readonly quantity: NumberSchema;
  readonly rate: NumberSchema;
  readonly text: TextSchema;
  readonly chain: TextSchema;
  readonly list: <T>(
    item: v.GenericSchema<unknown, T>,
    most: number,
  ) => v.GenericSchema<unknown, T[]>;
}

/** A millionth of a microsecond, and some thirty years: beyond them, ratios and axes are not finite. */
const [SHORTEST, LONGEST] = [1e-12, 1e9];
/** Joules, watts and rates, at most. */
const MOST_QUANTITY = 1e24;

const between = (least: number, most: number): NumberSchema =>
  v.pipe(v.number(), v.minValue(least), v.maxValue(most));
const duration = between(SHORTEST, LONGEST);

/** Of results in a file, which may be anybody's. */
export const FILE_LIMITS: Limits = {
  number: v.number(),
  count: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  positive: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  seconds: between(0, LONGEST),
  duration,
  partDuration: v.union([v.literal(0), duration]),
  quantity: between(-MOST_QUANTITY, MOST_QUANTITY),
  rate: between(1e-6, MOST_QUANTITY),
  text: v.pipe(v.string(), v.maxLength(10_000)),
  chain: v.pipe(
    v.string(),
    // A chain of sixteen factors has some hundreds of characters.
    v.maxLength(2000),
    v.check(isChain, "it must be patterns that are chainable, separated by semicolons"),
  ),
  list: (item, most) => v.pipe(v.array(item), v.maxLength(most)),
};

/** Of results in memory: their types alone. */
export const TYPES_ALONE: Limits = {
  number: anyNumber,
  count: anyNumber,
  positive: anyNumber,
  seconds: anyNumber,
  duration: anyNumber,
  partDuration: anyNumber,
  quantity: anyNumber,
  rate: anyNumber,
  text: v.string(),
  chain: v.string(),
  list: (item) => v.array(item),
};

function isChain(text: string): boolean {
  try {
    Chain.parse(text);
    return true;
  } catch {
    return false;
  }
}
