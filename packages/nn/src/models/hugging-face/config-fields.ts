import { PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";

/** Sizes of a model at most: above those of any that there is, and far below what memory could be. */
const MOST = 2 ** 24;

/** Characters of a field's name, and values that it may have, in a message, at most. */
const [LONGEST, SHOWN] = [120, 12];

/** The fields of a config.json, or another file of a model, each checked when it is asked for. `null` counts as absent. */
export class ConfigFields {
  readonly #fields: Readonly<Record<string, unknown>>;
  /** Where they stand, for messages: empty at the top, else with its dot. */
  readonly #place: string;
  /** For messages too. */
  readonly #file: string;

  /** @throws PapilioError `CONFIG_INVALID` unless they are an object's */
  constructor(config: unknown, place: string = "", file: string = "config.json") {
    this.#file = file;
    if (typeof config !== "object" || config === null || Array.isArray(config)) {
      throw this.#invalid(place.slice(0, -1) || "The whole", config, "an object");
    }
    this.#fields = config as Readonly<Record<string, unknown>>;
    this.#place = place;
  }

  /** A whole number from 1 to `most`. Without `otherwise` it must be there. Throws `CONFIG_INVALID`. */
  size(name: string, otherwise?: number, most: number = MOST): number {
    const value = this.#get(name) ?? otherwise;
    if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most) {
      return value as number;
    }
    throw this.#invalid(this.#where(name), value, `a whole number from 1 to ${most}`);
  }

  /** A whole number from 1 on, or nothing. Throws `CONFIG_INVALID`. */
  sizeIfAny(name: string): number | undefined {
    return this.#get(name) === undefined ? undefined : this.size(name);
  }

  /** A whole number from 1 on, or nothing, which 0 stands for too. Throws `CONFIG_INVALID`. */
  sizeUnlessZero(name: string): number | undefined {
    return this.#get(name) === 0 ? undefined : this.sizeIfAny(name);
  }

  /** One size for both axes, or `[height, width]`. Throws `CONFIG_INVALID`. */
  sizes(name: string, otherwise: number): readonly [number, number] {
    const value = this.#get(name);
    if (!Array.isArray(value)) {
      const size = this.size(name, otherwise);
      return [size, size];
    }
    if (value.length === 2) {
      const both = new ConfigFields({ ...value }, `${this.#place}${name}.`, this.#file);
      return [both.size("0"), both.size("1")];
    }
    throw this.#invalid(this.#where(name), value, "a size or two of them");
  }

  /** A number above 0. Throws `CONFIG_INVALID`. */
  positive(name: string, otherwise: number): number {
    const value = this.#get(name) ?? otherwise;
    if (typeof value === "number" && value > 0 && Number.isFinite(value)) return value;
    throw this.#invalid(this.#where(name), value, "a number above 0");
  }

  /** Throws `CONFIG_INVALID`. */
  flag(name: string, otherwise: boolean): boolean {
    const value = this.#get(name) ?? otherwise;
    if (typeof value === "boolean") return value;
    throw this.#invalid(this.#where(name), value, "true or false");
  }

  /** A text, or nothing. Throws `CONFIG_INVALID`. */
  text(name: string): string | undefined {
    const value = this.#get(name);
    if (value === undefined || typeof value === "string") return value;
    throw this.#invalid(this.#where(name), value, "a text");
  }

  /** A text or a list of them, or nothing. Throws `CONFIG_INVALID`. */
  texts(name: string): readonly string[] | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    const all: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (all.every((one) => typeof one === "string")) return all as readonly string[];
    throw this.#invalid(this.#where(name), value, "a text or a list of them");
  }

  /** Whole numbers from 0 on, one or a list of them, or nothing. Throws `CONFIG_INVALID`. */
  wholes(name: string): readonly number[] | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    const all: readonly unknown[] = Array.isArray(value) ? value : [value];
    const isWhole = (one: unknown): boolean => Number.isSafeInteger(one) && (one as number) >= 0;
    if (all.every(isWhole)) return all as readonly number[];
    throw this.#invalid(this.#where(name), value, "a whole number from 0 on, or a list of them");
  }

  has(name: string): boolean {
    return this.#get(name) !== undefined;
  }

  /** Whether a field is a list, rather than one value that stands for it. */
  isList(name: string): boolean {
    return Array.isArray(this.#get(name));
  }

  /** Of all fields. */
  names(): readonly string[] {
    return Object.keys(this.#fields);
  }

  /** Fields within a field, or nothing. Throws `CONFIG_INVALID`. */
  within(name: string): ConfigFields | undefined {
    const value = this.#get(name);
    return value === undefined
      ? undefined
      : new ConfigFields(value, `${this.#place}${name}.`, this.#file);
  }

  /**
   * Refuses a field that would make the results others than those that are computed here.
   *
   * @param allowed the values that it may have, the first of them where it is absent
   * @throws PapilioError `CONFIG_UNSUPPORTED`
   */
  only(name: string, allowed: readonly (string | number | boolean | undefined)[]): void {
    const value = this.#get(name) ?? allowed[0];
    if (allowed.includes(value as string)) return;
    const values = allowed.filter((one) => one !== undefined).map(describeValue);
    throw new PapilioError(
      "CONFIG_UNSUPPORTED",
      `${this.#where(name)} of the model's ${this.#file} is ${describeValue(value)}, which is not computed here.`,
      values.length === 0
        ? "Use a model without it."
        : `Use a model where it is ${values.slice(0, SHOWN).join(" or ")}.`,
    );
  }

  #invalid(name: string, value: unknown, wanted: string): PapilioError {
    return new PapilioError(
      "CONFIG_INVALID",
      `${name} of the model's ${this.#file} is ${value === undefined ? "missing" : describeValue(value)}, but it must be ${wanted}.`,
      `Pass the ${this.#file} that came with the weights, as it is.`,
    );
  }

  /** The name of a field for a message, cut where a file chose it and it would drown the message. */
  #where(name: string): string {
    const place = this.#place + name;
    return place.length > LONGEST ? `${place.slice(0, LONGEST)}…` : place;
  }

  #get(name: string): unknown {
    return Object.hasOwn(this.#fields, name) ? (this.#fields[name] ?? undefined) : undefined;
  }
}
