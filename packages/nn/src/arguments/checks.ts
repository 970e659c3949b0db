import { LAYOUTS } from "@papilio/butterfly";
import {
  arrayTag,
  describeValue,
  requireArray,
  requireBoolean,
  requireFunction,
  requireList,
  requireNumber,
  requireObject,
  requireOneOf,
  requireSignal,
  requireText,
  requireWhole,
  wrongArgument,
} from "@papilio/butterfly/errors";
import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import { WEIGHT_DTYPES } from "@papilio/cpu-runtime/kernels";

/** Refuses a value that is not what TypeScript would have asked for: throws `OPTION_INVALID`. */
export type Check = (name: string, value: unknown) => void;

/** Checks by the names of what they are for. */
export type Checks = Readonly<Record<string, Check>>;

export const text: Check = requireText;
export const number: Check = requireNumber;
export const callback: Check = requireFunction;

export const flag: Check = requireBoolean;

/** A number that may also be NaN: what it means is for others to say. */
export const anyNumber: Check = (name, value) => {
  if (typeof value !== "number") throw wrongArgument(name, describeValue(value), "a number");
};

/** A whole number. */
export const whole: Check = (name, value) => requireWhole(name, value);

/** How many there are: a whole number from 0 on. */
export const count: Check = (name, value) => requireWhole(name, value, 0);

/** A signal, or nothing. */
export const signal: Check = (_name, value) => requireSignal(value);

export const uint32: Check = (name, value) => requireArray(name, value, "Uint32Array");

export const bytes: Check = (name, value) => requireArray(name, value, "Uint8Array");

export const storageDtype: Check = (name, value) =>
  requireOneOf(name, value, Object.keys(FLOAT_FORMATS));

export const weightDtype: Check = (name, value) => requireOneOf(name, value, WEIGHT_DTYPES);

export const layout: Check = (name, value) => requireOneOf(name, value, LAYOUTS);

/** An open device. */
export const gpuCheck: Check = (name, value) => {
  requireObject(name, value, "a Gpu of openGpu", "device", "report", "memory");
};

export const regularExpression: Check = (name, value) => {
  requireObject(name, value, "a regular expression", "test", "source");
};

/** What has keys that values are looked up by. */
export const map: Check = (name, value) => {
  requireObject(name, value, "a Map", "get", "has", "keys", "entries");
};

/** Undefined stands for nothing given. */
export function optional(check: Check): Check {
  return (name, value) => {
    if (value !== undefined) check(name, value);
  };
}

export function oneOf(...choices: readonly unknown[]): Check {
  return (name, value) => requireOneOf(name, value, choices);
}

/** A list, and what each of it is. */
export function listOf(check: Check): Check {
  return (name, value) => {
    requireList(name, value);
    for (const [index, one] of value.entries()) check(`${name}[${index}]`, one);
  };
}

/** An object of any keys, and what each value is. */
export function recordOf(check: Check): Check {
  return (name, value) => {
    requirePlain(name, value);
    for (const [key, one] of Object.entries(value)) check(`${key} of ${name}`, one);
  };
}

/** A list of one number for each axis. */
export const pairOfNumbers: Check = (name, value) => {
  requireList(name, value);
  if (value.length !== 2) throw wrongArgument(name, describeValue(value), "a list of two numbers");
  for (const [index, one] of value.entries()) number(`${name}[${index}]`, one);
};

/** A number for both axes, or one for each. */
export const oneOrTwoNumbers: Check = (name, value) => {
  if (Array.isArray(value)) pairOfNumbers(name, value);
  else number(name, value);
};

/** A list, or a typed array. */
export const arrayLike: Check = (name, value) => {
  if (arrayTag(value) === undefined) requireList(name, value);
};

/** An object that has these, whatever its class. */
export function having(wanted: string, ...members: readonly string[]): Check {
  return (name, value) => requireObject(name, value, wanted, ...members);
}

/** An object whose members pass checks. */
export function objectOf(checks: Checks): Check {
  const all = Object.entries(checks);
  return (name, value) => {
    requirePlain(name, value);
    for (const [member, check] of all) {
      check(`${member} of ${name}`, (value as Record<string, unknown>)[member]);
    }
  };
}

/** Any of several checks: the last one says what is wrong. */
export function either(first: Check, ...others: readonly Check[]): Check {
  return others.reduce(
    (before, next) => (name, value) => {
      try {
        before(name, value);
      } catch {
        next(name, value);
      }
    },
    first,
  );
}

/** Refuses what is not an object, and arrays. */
function requirePlain(name: string, value: unknown): asserts value is object {
  requireObject(name, value, "an object");
  if (ArrayBuffer.isView(value)) throw wrongArgument(name, "an array", "an object");
}
