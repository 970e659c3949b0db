import { PapilioError } from "@papilio/butterfly";
import type { FloatArrays, FloatType } from "@papilio/butterfly/numeric";

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
/** What may divide numbers; the first of these that a line has does. Spaces, where it has none. */
const SEPARATORS = [";", "\t", ","];
/** First numbers that there is room for. */
const FIRST = 1024;

/**
 * Lines with numbers between commas, semicolons, tabs or spaces, whichever the first line has, `[lines,
 * numbers]`. Empty lines, and those that begin with `#`, are passed over; numbers may be in quotes.
 *
 * @param file its name, for messages
 * @throws PapilioError `INPUT_UNREADABLE`, `INPUT_SHAPE`
 */
export function parseCsv<T extends FloatType>(
  file: string,
  bytes: Uint8Array,
  type: T,
): { readonly shape: readonly [number, number]; readonly values: FloatArrays[T] } {
  const text = new TextDecoder().decode(bytes);
  const numbers = new Numbers(type);
  let [rows, cols, number] = [0, 0, 0];
  let separator: string | undefined;
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf("\n", at);
    const line = text.slice(at, end === -1 ? undefined : end).trim();
    at = end === -1 ? text.length : end + 1;
    number++;
    if (line === "" || line.startsWith("#")) continue;
    separator ??= SEPARATORS.find((one) => line.includes(one)) ?? " ";
    let count = 0;
    for (const word of wordsOf(line, separator)) {
      numbers.add(parse(word, number, file));
      count++;
    }
    if (rows++ === 0) cols = count;
    if (count !== cols) {
      throw inputShape(
        `Line ${number} of ${file} has ${count} numbers, and the first ${cols}.`,
        "Give lines of equal length.",
      );
    }
  }
  if (rows > 0) return { shape: [rows, cols], values: numbers.all() };
  throw inputShape(`There is no number in ${file}.`, "Give a line of numbers at least.");
}

export function inputShape(message: string, fix: string): PapilioError {
  return new PapilioError("INPUT_SHAPE", message, fix);
}

/** One after another: a list of them would take many times the memory of the line. */
function* wordsOf(line: string, separator: string): Generator<string> {
  for (let start = 0; ; ) {
    const end = line.indexOf(separator, start);
    const word = line.slice(start, end === -1 ? undefined : end);
    // Several spaces are one.
    if (separator !== " " || word !== "") yield word;
    if (end === -1) return;
    start = end + 1;
  }
}

function parse(word: string, line: number, file: string): number {
  const text = word.trim().replace(/^"(.*)"$/, "$1");
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(value)) return value;
  throw new PapilioError(
    "INPUT_UNREADABLE",
    `Line ${line} of ${file} has ${JSON.stringify(word.slice(0, 40))}, which is not a finite number.`,
    "Give numbers alone, between commas, without a line of names.",
  );
}

/** Numbers whose count shows at the end. */
class Numbers<T extends FloatType> {
  #values: FloatArrays[T];
  #length = 0;

  constructor(type: T) {
    this.#values = zeros(type, FIRST);
  }

  add(value: number): void {
    if (this.#length === this.#values.length) {
      const more = new (this.#values.constructor as new (length: number) => FloatArrays[T])(
        Math.ceil(1.5 * this.#length),
      );
      more.set(this.#values);
      this.#values = more;
    }
    this.#values[this.#length++] = value;
  }

  all(): FloatArrays[T] {
    return this.#values.subarray(0, this.#length) as FloatArrays[T];
  }
}

function zeros<T extends FloatType>(type: T, length: number): FloatArrays[T] {
  const zeroed: Float32Array | Float64Array =
    type === "float32" ? new Float32Array(length) : new Float64Array(length);
  return zeroed as FloatArrays[T];
}
