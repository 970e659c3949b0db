import type { PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import { tokenizerError } from "../tokenizer.ts";

/** Ids are below it: no model here has as many tokens. */
export const MOST_TOKENS: number = 2 ** 24;
/** Settings within settings, at most. */
const DEEPEST = 32;

/** The settings of one part of tokenizer.json, each checked when it is asked for. `null` counts as absent. */
export class Settings {
  readonly #fields: Readonly<Record<string, unknown>>;
  /** Where they stand, for messages: empty at the top. */
  readonly place: string;
  readonly #depth: number;

  /** @throws PapilioError `TOKENIZER_FILE` unless they are an object's */
  constructor(value: unknown, place = "", depth = 0) {
    this.place = place;
    this.#depth = depth;
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw malformed(place || "The whole", value, "an object");
    }
    if (depth > DEEPEST) {
      throw tokenizerError(
        "TOKENIZER_FILE",
        `${place} of the tokenizer.json is within ${depth} others, more than ${DEEPEST}.`,
      );
    }
    this.#fields = value as Readonly<Record<string, unknown>>;
  }

  get type(): string {
    return this.text("type");
  }

  raw(name: string): unknown {
    return Object.hasOwn(this.#fields, name) ? (this.#fields[name] ?? undefined) : undefined;
  }

  /** A text; without `otherwise` it must be there. Throws `TOKENIZER_FILE`. */
  text(name: string, otherwise?: string): string {
    const value = this.raw(name) ?? otherwise;
    if (typeof value === "string") return value.toWellFormed();
    throw this.malformed(name, "a text");
  }

  /** A text, or nothing. Throws `TOKENIZER_FILE`. */
  textIfAny(name: string): string | undefined {
    return this.raw(name) === undefined ? undefined : this.text(name);
  }

  /** A text of one character. Throws `TOKENIZER_FILE`. */
  character(name: string, otherwise?: string): string {
    const value = this.text(name, otherwise);
    if ([...value].length === 1) return value;
    throw this.malformed(name, "one character");
  }

  /** Throws `TOKENIZER_FILE`. */
  flag(name: string, otherwise: boolean): boolean {
    const value = this.raw(name) ?? otherwise;
    if (typeof value === "boolean") return value;
    throw this.malformed(name, "true or false");
  }

  /** A whole number from 0 to below 2^24, or nothing. Throws `TOKENIZER_FILE`. */
  count(name: string): number | undefined;
  count(name: string, otherwise: number): number;
  count(name: string, otherwise?: number): number | undefined {
    const value = this.raw(name) ?? otherwise;
    if (value === undefined || isId(value)) return value;
    throw this.malformed(name, `a whole number from 0 to ${MOST_TOKENS - 1}`);
  }

  /** An id, which must be there. Throws `TOKENIZER_FILE`. */
  id(name: string): number {
    const id = this.count(name);
    if (id !== undefined) return id;
    throw this.malformed(name, "an id");
  }

  /** One of some texts, the first unless given. Throws `TOKENIZER_UNSUPPORTED`. */
  choice<const T extends string>(name: string, values: readonly [T, ...T[]]): T {
    const value = this.text(name, values[0]);
    if ((values as readonly string[]).includes(value)) return value as T;
    throw this.unsupported(name);
  }

  /** Throws `TOKENIZER_FILE`. */
  list(name: string, otherwise?: readonly unknown[]): readonly unknown[] {
    const value = this.raw(name) ?? otherwise;
    if (Array.isArray(value)) return value;
    throw this.malformed(name, "a list");
  }

  /** Settings within these, or nothing. Throws `TOKENIZER_FILE`. */
  within(name: string): Settings | undefined {
    const value = this.raw(name);
    return value === undefined ? undefined : new Settings(value, this.#path(name), this.#depth + 1);
  }

  /** Settings within these, which must be there. Throws `TOKENIZER_FILE`. */
  required(name: string): Settings {
    const settings = this.within(name);
    if (settings !== undefined) return settings;
    throw this.malformed(name, "an object");
  }

  /** A list of settings. Throws `TOKENIZER_FILE`. */
  all(name: string, otherwise?: readonly unknown[]): Settings[] {
    return this.list(name, otherwise).map(
      (value, index) => new Settings(value, `${this.#path(name)}[${index}]`, this.#depth + 1),
    );
  }

  /** What is asked for is not computed here as the reference implementation does. */
  unsupported(name: string, why = "which is not computed here"): PapilioError {
    return tokenizerError(
      "TOKENIZER_UNSUPPORTED",
      `${this.#path(name)} of the tokenizer.json is ${describeValue(this.raw(name))}, ${why}.`,
    );
  }

  malformed(name: string, wanted: string): PapilioError {
    return malformed(this.#path(name), this.raw(name), wanted);
  }

  #path(name: string): string {
    return this.place === "" ? name : `${this.place}.${name}`;
  }
}

export function isId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < MOST_TOKENS;
}

function malformed(path: string, value: unknown, wanted: string): PapilioError {
  return tokenizerError(
    "TOKENIZER_FILE",
    `${path} of the tokenizer.json is ${value === undefined ? "missing" : describeValue(value)}, but it must be ${wanted}.`,
  );
}
