import { describeValue } from "./describe-value.ts";
import { PapilioError } from "./papilio-error.ts";

/** The classes of arrays that functions take, by their tags. */
export type ArrayTag =
  | "Float32Array"
  | "Float64Array"
  | "Int8Array"
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

/**
 * The error for an argument that is not what TypeScript would have asked for: `OPTION_INVALID`.
 *
 * @param got as {@link describeValue} names it
 * @param wanted with its article: `"a whole number"`
 */
export function wrongArgument(name: string, got: string, wanted: string): PapilioError {
  return new PapilioError(
    "OPTION_INVALID",
    `${name} is ${got}, but it must be ${wanted}.`,
    `Pass ${wanted}.`,
  );
}

/**
 * Refuses what is not a text.
 *
 * @param name it is called in the message: `"The text of a pattern"`
 * @throws PapilioError `OPTION_INVALID`
 */
export function requireText(name: string, value: unknown): asserts value is string {
  if (typeof value !== "string") throw wrongArgument(name, describeValue(value), "a text");
}

/** What {@link requireText} does, of numbers: infinity is one, NaN is not. */
export function requireNumber(name: string, value: unknown): asserts value is number {
  if (typeof value === "number" && !Number.isNaN(value)) return;
  throw wrongArgument(name, describeValue(value), "a number");
}

/** What {@link requireText} does, of truth values. */
export function requireBoolean(name: string, value: unknown): asserts value is boolean {
  if (typeof value !== "boolean") throw wrongArgument(name, describeValue(value), "true or false");
}

/** What {@link requireText} does, of whole numbers, of at least `least` where it is given. */
export function requireWhole(
  name: string,
  value: unknown,
  least?: number,
): asserts value is number {
  if (Number.isSafeInteger(value) && (least === undefined || (value as number) >= least)) return;
  const bound = least === undefined ? "" : ` of at least ${least}`;
  throw wrongArgument(name, describeValue(value), `a whole number${bound}`);
}

/** What {@link requireText} does, of functions. */
export function requireFunction(
  name: string,
  value: unknown,
): asserts value is (...given: never[]) => unknown {
  if (typeof value !== "function") throw wrongArgument(name, describeValue(value), "a function");
}

/** What {@link requireText} does, of lists; not of what is in them. */
export function requireList(name: string, value: unknown): asserts value is readonly unknown[] {
  if (!Array.isArray(value)) throw wrongArgument(name, describeValue(value), "a list");
}

/**
 * Refuses what has not these members: an object of another kind, or none. It is not asked of which class
 * an object is, so that those of another copy of a package are as good.
 *
 * @param name it is called in the message: `"The matrix"`
 * @param wanted with its article: `"a Butterfly"`
 * @throws PapilioError `OPTION_INVALID`
 */
export function requireObject(
  name: string,
  value: unknown,
  wanted: string,
  ...members: readonly string[]
): asserts value is object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw wrongArgument(name, describeValue(value), wanted);
  }
  // Without an iterator, which is garbage: every pattern is checked often.
  for (let index = 0; index < members.length; index++) {
    const member = members[index] as string;
    if ((value as Record<string, unknown>)[member] !== undefined) continue;
    throw wrongArgument(name, `${describeValue(value)} without ${member}`, wanted);
  }
}

/** Refuses what is neither undefined nor an `AbortSignal`. @throws PapilioError `OPTION_INVALID` */
export function requireSignal(value: unknown): void {
  if (value === undefined) return;
  requireObject(
    "The signal",
    value,
    "an AbortSignal",
    "aborted",
    "addEventListener",
    "throwIfAborted",
  );
}

/**
 * Refuses options that are not an object; undefined stands for none of them.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function requireOptions(name: string, value: unknown): void {
  if (value === undefined) return;
  requireObject(name, value, "an object of options");
  if (ArrayBuffer.isView(value)) throw wrongArgument(name, "an array", "an object of options");
}

/**
 * Refuses options of long work that cannot stop it, or be notified of its progress.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function requireProgress(
  options:
    | { readonly signal?: AbortSignal; readonly onProgress?: (...given: never[]) => void }
    | undefined,
): void {
  requireOptions("The options", options);
  requireSignal(options?.signal);
  if (options?.onProgress !== undefined) requireFunction("onProgress", options.onProgress);
}

function isDetached(buffer: ArrayBufferLike): boolean {
  // Engines since 2024 say so; of older ones a detached buffer has no bytes, as an empty one has.
  return (buffer as { readonly detached?: boolean }).detached === true;
}
