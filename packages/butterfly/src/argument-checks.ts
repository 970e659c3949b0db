import { describeValue } from "./describe-value.ts";
import { PapilioError } from "./errors.ts";

/** The classes of arrays that functions take, by their tags. */
export type ArrayTag =
  | "Float32Array"
  | "Float64Array"
  | "Uint8Array"
  | "Uint16Array"
  | "Uint32Array"
  | "Int32Array";

const tagOf = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)?.get as (this: unknown) => string | undefined;

/**
 * The class of a typed array of any realm (a frame, a worker, a test runner's sandbox), such as
 * `"Float32Array"`; undefined for anything else. `instanceof` knows the arrays of one realm alone.
 */
export function arrayTag(value: unknown): string | undefined {
  return tagOf.call(value);
}

/**
 * Refuses what is not a typed array of one of these classes, or is one whose memory is gone.
 *
 * @param what it is called in the message, with its article: `"The input"`
 * @throws PapilioError `ARRAY_TYPE`, `ARRAY_DETACHED`
 */
export function requireArray(what: string, value: unknown, ...tags: readonly ArrayTag[]): void {
  const tag = arrayTag(value);
  if (!(tags as readonly unknown[]).includes(tag)) {
    throw new PapilioError(
      "ARRAY_TYPE",
      `${what} is ${tag === undefined ? describeValue(value) : `a ${tag}`}, but it must be a ${tags.join(" or a ")}.`,
      `Convert it, as ${tags[0]}.from(values) does.`,
    );
  }
  const { buffer } = value as ArrayBufferView;
  if (!isDetached(buffer)) return;
  throw new PapilioError(
    "ARRAY_DETACHED",
    `${what} has no memory: it was transferred to a worker, or its buffer was.`,
    "Copy an array before its buffer is transferred.",
  );
}

/** What {@link requireArray} refuses, of numbers in single or double precision. */
export function requireFloats(what: string, value: unknown): void {
  requireArray(what, value, "Float32Array", "Float64Array");
}

/**
 * Refuses what is not one of the choices.
 *
 * @param what it is called in the message: `"The type of a cosine transform"`
 * @throws PapilioError `OPTION_INVALID`
 */
export function requireOneOf<T>(what: string, value: unknown, choices: readonly T[]): T {
  if ((choices as readonly unknown[]).includes(value)) return value as T;
  throw new PapilioError(
    "OPTION_INVALID",
    `${what} is ${describeValue(value)}, but it must be one of ${choices.join(", ")}.`,
    "Pass one of these.",
  );
}

function isDetached(buffer: ArrayBufferLike): boolean {
  // Engines since 2024 say so; of older ones a detached buffer has no bytes, as an empty one has.
  return (buffer as { readonly detached?: boolean }).detached === true;
}
