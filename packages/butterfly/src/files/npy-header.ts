import { describeValue } from "../errors/describe-value.ts";
import { fileError } from "./file-error.ts";

/** What the dictionary of a npy file says. */
export interface NpyHeader {
  /** The type as the file spells it, such as `<f4`. */
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

/** Axes of an array, at most: as many as NumPy has. */
const MOST_AXES = 64;

/**
 * Reads the dictionary of a npy file, which is a literal of Python, once from left to right. It may be
 * of Python 2 (`3L`, `u'descr'`), with either kind of quotes, its entries in any order.
 *
 * Source: numpy.lib.format, which evaluates it with `ast.literal_eval`.
 *
 * @throws PapilioError `FILE_HEADER`; `TENSOR_DTYPE` for elements with fields
 */
export function parseNpyHeader(text: string): NpyHeader {
  const literal = new Literal(text);
  const entries = new Map<string, unknown>();
  literal.expect("{");
  while (!literal.accept("}")) {
    const key = literal.text();
    literal.expect(":");
    if (entries.has(key)) throw literal.refuse();
    entries.set(key, literal.value(key));
    if (literal.accept("}")) break;
    literal.expect(",");
  }
  literal.end();
  const { descr, fortran_order: fortranOrder, shape, ...others } = Object.fromEntries(entries);
  const known = Object.keys(others).length === 0;
  if (
    typeof descr === "string" &&
    typeof fortranOrder === "boolean" &&
    Array.isArray(shape) &&
    known
  ) {
    return { descr, fortranOrder, shape };
  }
  throw literal.refuse();
}

/** A text that is read piece by piece; spaces before a piece are passed over. */
class Literal {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  refuse(): Error {
    return fileError(
      "FILE_HEADER",
      `The header ${describeValue(this.#text.trim())} is not understood.`,
    );
  }

  accept(symbol: string): boolean {
    this.#match(/\s*/y);
    if (!this.#text.startsWith(symbol, this.#at)) return false;
    this.#at += symbol.length;
    return true;
  }

  expect(symbol: string): void {
    if (!this.accept(symbol)) throw this.refuse();
  }

  end(): void {
    this.#match(/[\s\0]*/y);
    if (this.#at < this.#text.length) throw this.refuse();
  }

  value(key: string): unknown {
    if (this.accept("True")) return true;
    if (this.accept("False")) return false;
    if (this.accept("(")) return this.#sizes();
    if (key === "descr" && this.accept("[")) {
      throw fileError(
        "TENSOR_DTYPE",
        "The elements have fields: the array is a table of records.",
        { fix: "Save one of its fields in Python with numpy.save(FILE, array[FIELD])." },
      );
    }
    return this.text();
  }

  /** A text in quotes. None that a header needs has an escape. */
  text(): string {
    const found = this.#match(/\s*[uUbBrR]{0,2}(?:'([^'\\\n]{0,1000})'|"([^"\\\n]{0,1000})")/y);
    if (found === undefined) throw this.refuse();
    return found[1] ?? found[2] ?? "";
  }

  /** What is left of a tuple of whole numbers. */
  #sizes(): number[] {
    const sizes: number[] = [];
    while (!this.accept(")")) {
      const size = Number(this.#match(/\s*\+?(\d{1,16})[lL]?(?![\w.])/y)?.[1] ?? Number.NaN);
      if (Number.isNaN(size)) throw this.refuse();
      if (sizes.push(size) > MOST_AXES) {
        throw fileError(
          "FILE_HEADER",
          `The array has more than ${MOST_AXES} axes, the most of NumPy.`,
        );
      }
      if (this.accept(")")) break;
      this.expect(",");
    }
    return sizes;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text) ?? undefined;
    if (found !== undefined) this.#at = pattern.lastIndex;
    return found;
  }
}
