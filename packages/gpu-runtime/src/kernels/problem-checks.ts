import { LAYOUTS, PapilioError } from "@papilio/butterfly";
import {
  describeValue,
  requireBoolean,
  requireList,
  requireObject,
  requireOneOf,
} from "@papilio/butterfly/errors";
import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";

export type Check = (name: string, value: unknown) => void;

/**
 * Refuses a problem whose members are not what the kernel is generated from.
 *
 * @throws PapilioError `OPTION_INVALID`, `KERNEL_PROBLEM`
 */
export function requireProblem<P extends object>(
  kernel: string,
  problem: P,
  checks: { readonly [K in keyof P]?: Check },
): void {
  requireObject(`The problem of the ${kernel} kernel`, problem, "an object");
  for (const [name, check] of Object.entries(checks) as [keyof P & string, Check][]) {
    check(`${name} of the ${kernel} kernel`, problem[name]);
  }
}

const count: Check = (name, value) => requireCount(name, value, 1);
const layout: Check = (name, value) => requireOneOf(name, value, LAYOUTS);
const dtype: Check = (name, value) => requireOneOf(name, value, Object.keys(FLOAT_FORMATS));

/** What members of problems are. */
export const checks: {
  readonly [K in
    | "count"
    | "amount"
    | "number"
    | "positive"
    | "share"
    | "word"
    | "dropout"
    | "flag"
    | "layout"
    | "dtype"
    | "shape"
    | "batches"]: Check;
} & {
  readonly oneOf: (...choices: readonly unknown[]) => Check;
  readonly pair: (check: Check) => Check;
  readonly optional: (check: Check) => Check;
} = {
  /** A whole number of at least 1. */
  count,
  /** A whole number of at least 0. */
  amount: (name: string, value: unknown): void => requireCount(name, value, 0),
  number: (name: string, value: unknown): void =>
    requireFinite(name, value, Number.NEGATIVE_INFINITY),
  /** A number above 0 whose square float32 has. */
  positive: (name: string, value: unknown): void => {
    if (typeof value === "number" && value > 0) {
      const square = Math.fround(value * value);
      if (square > 0 && Number.isFinite(square)) return;
    }
    throw invalidProblem(name, value, "a finite number above 0");
  },
  /** A number from 0 to below 1. */
  share: (name: string, value: unknown): void => {
    if (typeof value === "number" && value >= 0 && Math.fround(value) < 1) return;
    throw invalidProblem(name, value, "a number from 0 to below 1");
  },
  /** A whole number of 32 bits. */
  word: (name: string, value: unknown): void => {
    if (Number.isInteger(value) && (value as number) >>> 0 === value) return;
    throw invalidProblem(name, value, "a whole number from 0 to below 2^32");
  },
  /** A rate and a stream. */
  dropout: (name: string, value: unknown): void => {
    requireObject(name, value, "a rate and a stream", "rate", "stream");
    const { rate, stream } = value as { readonly rate: unknown; readonly stream: unknown };
    checks.share(`The rate of ${name}`, rate);
    checks.word(`The stream of ${name}`, stream);
  },
  flag: (name: string, value: unknown): void => requireBoolean(name, value),
  layout,
  dtype,
  /** Where vectors lie: their layout, and how many are allocated. */
  shape: (name: string, value: unknown): void => {
    requireObject(name, value, "an object of a layout and a batch", "layout", "batch");
    const { layout: order, batch } = value as { readonly layout: unknown; readonly batch: unknown };
    layout(`The layout of ${name}`, order);
    count(`The batch of ${name}`, batch);
  },
  /** Numbers of vectors that are allocated. */
  batches: (name: string, value: unknown): void => {
    requireObject(name, value, "an object of numbers of vectors", "from", "to");
    for (const [member, number] of Object.entries(value)) count(`${member} of ${name}`, number);
  },
  oneOf:
    (...choices: readonly unknown[]): Check =>
    (name, value) =>
      void requireOneOf(name, value, choices),
  /** Of both axes of an image. */
  pair:
    (check: Check): Check =>
    (name, value) => {
      requireList(name, value);
      check(`The height of ${name}`, value[0]);
      check(`The width of ${name}`, value[1]);
    },
  /** Undefined where it is not given. */
  optional:
    (check: Check): Check =>
    (name, value) => {
      if (value !== undefined) check(name, value);
    },
};

/** Of vectors that are read in one layout and written in another. */
export const storageChecks: Readonly<Record<"from" | "to" | "dtype", Check>> = {
  from: layout,
  to: layout,
  dtype,
};

/** @throws PapilioError `KERNEL_PROBLEM` unless each of a kernel's counts is a whole number of at least 1 */
export function requireCounts(kernel: string, counts: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(counts))
    count(`${name} of the ${kernel} kernel`, value);
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
    requireFinite(`${name} of the ${kernel} kernel`, value, least);
  }
}

function requireCount(name: string, value: unknown, least: number): void {
  if (Number.isSafeInteger(value) && (value as number) >= least) return;
  throw invalidProblem(name, value, `a whole number of at least ${least}`);
}

function requireFinite(name: string, value: unknown, least: number): void {
  if (Number.isFinite(value) && (value as number) >= least) return;
  const bounded = least === Number.NEGATIVE_INFINITY ? "" : ` of at least ${least}`;
  throw invalidProblem(name, value, `a finite number${bounded}`);
}

function invalidProblem(name: string, value: unknown, wanted: string): PapilioError {
  return new PapilioError(
    "KERNEL_PROBLEM",
    `${name} is ${describeValue(value)}, but it must be ${wanted}.`,
    `Give ${wanted}.`,
  );
}
