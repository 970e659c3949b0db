import { describeValue } from "../errors/describe-value.ts";
import { ByteReader, type FileBytes } from "./byte-reader.ts";
import { parseDecimal } from "./decimal.ts";
import { fileError } from "./file-error.ts";

/** Bytes of a line of the header, and of a word, at most: lines of the format have 1024. */
const MOST_BYTES = 1024;
const [LINE_END, PERCENT, SPACE, ZERO] = [0x0a, 0x25, 0x20, 0x30];
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** The text of a Matrix Market file, word by word. Lines that begin with % are comments, wherever they stand. */
export class MatrixMarketWords {
  readonly #reader: ByteReader;
  readonly #word = new Uint8Array(MOST_BYTES);
  readonly #decoder = new TextDecoder();

  constructor(file: FileBytes) {
    this.#reader = new ByteReader(file);
    if (this.#reader.peek() !== BYTE_ORDER_MARK[0]) return;
    for (const byte of BYTE_ORDER_MARK) if (this.#reader.peek() === byte) this.#reader.skip();
  }

  /** Bytes that were not read yet. */
  get left(): number {
    return this.#reader.left;
  }

  /** The next line, of which more than the format allows is cut. */
  line(): string {
    const reader = this.#reader;
    let length = 0;
    for (let byte = reader.peek(); byte !== -1 && byte !== LINE_END; byte = reader.peek()) {
      if (length === MOST_BYTES) break;
      this.#word[length++] = byte;
      reader.skip();
    }
    reader.skipLine();
    return this.#text(length);
  }

  /** The next line that is neither empty nor a comment. */
  contentLine(): string {
    while (this.left > 0) {
      const line = this.line();
      if (line.trim() !== "" && !line.startsWith("%")) return line;
    }
    throw fileError("FILE_TRUNCATED", "The file ends before the sizes of its matrix.");
  }

  number(): number {
    const length = this.#required();
    const value = length > MOST_BYTES ? Number.NaN : parseDecimal(this.#word, length);
    if (Number.isFinite(value)) return value;
    throw fileError(
      "FILE_TENSOR",
      `An entry has ${describeValue(this.#text(length))}, which is not a finite number.`,
    );
  }

  /** From 0 on, where the file counts from 1. */
  index(size: number): number {
    const length = this.#required();
    let value = 0;
    for (let at = 0; at < length && at < MOST_BYTES; at++) {
      const digit = (this.#word[at] as number) - ZERO;
      value = length > 10 || digit < 0 || digit > 9 ? Number.NaN : 10 * value + digit;
    }
    if (value >= 1 && value <= size) return value - 1;
    throw fileError(
      "FILE_TENSOR",
      `An entry is at ${describeValue(this.#text(length))} of ${size}.`,
    );
  }

  end(): void {
    const length = this.#next();
    if (length === 0) return;
    throw fileError(
      "FILE_TENSOR",
      `After the last entry that is announced there is ${describeValue(this.#text(length))}.`,
    );
  }

  #required(): number {
    const length = this.#next();
    if (length > 0) return length;
    throw fileError("FILE_TRUNCATED", "The file ends before the last entry that it announces.");
  }

  /** Bytes of the next word, which are kept as far as there is room; 0 at the end of the file. */
  #next(): number {
    const reader = this.#reader;
    const word = this.#word;
    let byte = reader.peek();
    for (;;) {
      while (isSpace(byte)) {
        reader.skip();
        byte = reader.peek();
      }
      if (byte !== PERCENT) break;
      reader.skipLine();
      byte = reader.peek();
    }
    let length = 0;
    while (byte !== -1 && !isSpace(byte)) {
      if (length < MOST_BYTES) word[length] = byte;
      length++;
      reader.skip();
      byte = reader.peek();
    }
    return length;
  }

  #text(length: number): string {
    return this.#decoder.decode(this.#word.subarray(0, Math.min(length, MOST_BYTES)));
  }
}

/** Of a space, of what ends lines and pages, and the two of U+00A0, of which no number has either. */
function isSpace(byte: number): boolean {
  return byte === SPACE || (byte >= 9 && byte <= 13) || byte === 0xc2 || byte === 0xa0;
}
