import { PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import { ByteReader, type FileBytes, parseDecimal } from "@papilio/butterfly/files";
import { type FloatArrays, type FloatType, zeros } from "@papilio/butterfly/numeric";

const [TAB, LINE_END, SPACE, HASH] = [0x09, 0x0a, 0x20, 0x23];
const [COMMA, SEMICOLON, QUOTE] = [0x2c, 0x3b, 0x22];
/** Bytes of a number, at most. */
const MOST_BYTES = 2 ** 16;
/** Characters that begin a file and count as nothing: U+FEFF in UTF-8. */
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/**
 * Lines with numbers between commas, semicolons, tabs or spaces, whichever the first line has, `[lines,
 * numbers]`. Empty lines, and those that begin with `#`, are passed over; numbers may be in quotes.
 *
 * @param file its name, for messages
 * @throws PapilioError `INPUT_UNREADABLE`, `INPUT_SHAPE`; `ARRAY_TOO_LARGE`
 */
export function parseCsv<T extends FloatType>(
  file: string,
  bytes: FileBytes,
  type: T,
): { readonly shape: readonly [number, number]; readonly values: FloatArrays[T] } {
  const reader = readerOf(bytes);
  const { lines, cols, separator } = measure(reader);
  // A number and what ends it have two characters: lines of unequal length ask for no more than that.
  const values = zeros(type, Math.min(lines * cols, Math.ceil((reader.left + 1) / 2)));
  const cells = new Cells(reader, separator, file);
  let rows = 0;
  while (cells.beginLine()) {
    let count = 0;
    for (let value = cells.next(); value !== undefined; value = cells.next()) {
      if (count < cols) values[rows * cols + count] = value;
      count++;
    }
    rows++;
    if (count !== cols) {
      throw inputShape(
        `Line ${cells.line} of ${file} has ${count} numbers, and the first ${cols}.`,
        "Give lines of equal length.",
      );
    }
  }
  if (rows > 0) {
    return { shape: [rows, cols], values: values.subarray(0, rows * cols) as FloatArrays[T] };
  }
  throw inputShape(`There is no number in ${file}.`, "Give a line of numbers at least.");
}

/**
 * Lines of texts, divided as those of {@link parseCsv}, without spaces at both ends. What is in quotes may have separators
 * and ends of lines, and two quotes for one; cells may be empty.
 *
 * @throws PapilioError `INPUT_SHAPE` for a line of another length than the first; `INPUT_UNREADABLE` for a cell that is too
 *   long
 */
export function parseCsvTexts(file: string, bytes: FileBytes): string[][] {
  const reader = readerOf(bytes);
  const cells = new Cells(reader, measure(reader, true).separator, file);
  const lines: string[][] = [];
  while (cells.beginLine(true)) {
    const texts: string[] = [];
    for (let text = cells.nextText(); text !== undefined; text = cells.nextText()) texts.push(text);
    const first = lines[0] ?? texts;
    if (texts.length !== first.length) {
      throw inputShape(
        `Line ${cells.line} of ${file} has ${texts.length} cells, and the first ${first.length}.`,
        "Give lines of equal length.",
      );
    }
    lines.push(texts);
  }
  return lines;
}

/** What a file has after a byte order mark. */
function readerOf(bytes: FileBytes): ByteReader {
  const reader = new ByteReader(bytes);
  if (reader.peek() === BYTE_ORDER_MARK[0]) {
    for (const byte of BYTE_ORDER_MARK) if (reader.peek() === byte) reader.skip();
  }
  return reader;
}

export function inputShape(message: string, fix: string): PapilioError {
  return new PapilioError("INPUT_SHAPE", message, fix);
}

/** How many lines have numbers, how many numbers the first has, and what divides them. Reads nothing. */
function measure(
  reader: ByteReader,
  quotes = false,
): {
  readonly lines: number;
  readonly cols: number;
  readonly separator: number;
} {
  const first = new FirstLine(quotes);
  let lines = 0;
  /** Whether nothing but spaces of the line was seen. */
  let atStart = true;
  for (const piece of reader.ahead()) {
    for (let at = 0; at < piece.length; ) {
      const byte = piece[at] as number;
      if (atStart) {
        at++;
        if (isSpace(byte)) continue;
        atStart = false;
        if (byte !== HASH) lines++;
        if (byte !== HASH && lines === 1) first.add(byte);
      } else if (lines === 1 && !first.ended) {
        at++;
        first.add(byte);
        if (byte === LINE_END && !first.isOpen) atStart = true;
      } else {
        const end = piece.indexOf(LINE_END, at);
        if (end === -1) break;
        at = end + 1;
        atStart = true;
      }
    }
  }
  return { lines, ...first.divided };
}

/** The first line that has numbers, from its first byte on other than a space. */
class FirstLine {
  ended = false;
  #semicolons = 0;
  #commas = 0;
  #tabs = 0;
  #words = 0;
  /** Tabs after the last byte other than a space: if they end the line, they count as nothing. */
  #openTabs = 0;
  #inWord = false;
  readonly #quotes: boolean;
  /** Whether a text in quotes is open, which nothing divides, and whether a quote would open one. */
  #isOpen = false;
  #canOpen = true;

  constructor(quotes: boolean) {
    this.#quotes = quotes;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  add(byte: number): void {
    if (this.#quotes && this.#addQuoted(byte)) return;
    if (byte === LINE_END) this.ended = true;
    else if (byte === TAB) this.#openTabs++;
    if (isSpace(byte)) {
      if (byte === SPACE || byte === LINE_END) this.#inWord = false;
      return;
    }
    this.#tabs += this.#openTabs;
    this.#openTabs = 0;
    if (byte === SEMICOLON) this.#semicolons++;
    else if (byte === COMMA) this.#commas++;
    if (!this.#inWord) this.#words++;
    this.#inWord = true;
  }

  /** Whether a byte is in quotes, or one of them: the cell is a word then. Two quotes are one that goes on. */
  #addQuoted(byte: number): boolean {
    const isQuote = byte === QUOTE && (this.#isOpen || this.#canOpen);
    if (isQuote) this.#isOpen = !this.#isOpen;
    const isSeparator = byte === COMMA || byte === SEMICOLON || byte === TAB;
    if (isQuote || !this.#isOpen)
      this.#canOpen = isQuote || isSeparator || (this.#canOpen && isSpace(byte));
    if (!isQuote && !this.#isOpen) return false;
    // Tabs before it divide cells.
    this.#tabs += this.#openTabs;
    this.#openTabs = 0;
    if (!this.#inWord) this.#words++;
    this.#inWord = true;
    return true;
  }

  /** The separator is the first of semicolon, tab and comma that the line has; a space, where it has none. */
  get divided(): { readonly cols: number; readonly separator: number } {
    if (this.#semicolons > 0) return { separator: SEMICOLON, cols: this.#semicolons + 1 };
    if (this.#tabs > 0) return { separator: TAB, cols: this.#tabs + 1 };
    if (this.#commas > 0) return { separator: COMMA, cols: this.#commas + 1 };
    return { separator: SPACE, cols: this.#words };
  }
}

/** The numbers of a file, line by line. */
class Cells {
  /** Number of the line, from 1 on. */
  line = 0;
  readonly #reader: ByteReader;
  readonly #separator: number;
  readonly #file: string;
  readonly #cell = new Uint8Array(MOST_BYTES);
  /** Bytes of the cell, which are kept as far as there is room. */
  #length = 0;
  #isLast = true;

  constructor(reader: ByteReader, separator: number, file: string) {
    this.#reader = reader;
    this.#separator = separator;
    this.#file = file;
  }

  /** Goes to the next line that has numbers: false where there is none. */
  beginLine(ofTexts = false): boolean {
    const reader = this.#reader;
    for (this.line++; ; ) {
      const byte = reader.peek();
      if (byte === -1) return false;
      if (byte !== HASH && !(ofTexts ? isAsciiSpace(byte) : isSpace(byte))) break;
      if (byte === HASH) reader.skipLine();
      else reader.skip();
      if (byte === HASH || byte === LINE_END) this.line++;
    }
    this.#isLast = false;
    return true;
  }

  /** The next number of the line: nothing where it ends. */
  next(): number | undefined {
    const separator = this.#separator;
    let empty = 0;
    while (!this.#isLast) {
      this.#read();
      const isWhite = this.#length === 0;
      // Several spaces are one, and tabs at the end of a line count as nothing.
      if (isWhite && (separator === SPACE || separator === TAB)) {
        if (separator === TAB) empty++;
        continue;
      }
      if (empty > 0) this.#length = 0;
      return this.#number();
    }
    return undefined;
  }

  /** The next text of the line: nothing where it ends. */
  nextText(): string | undefined {
    while (!this.#isLast) {
      const quoted = this.#read(true);
      const length = this.#length;
      if (length === 0 && !quoted && this.#separator === SPACE) continue;
      if (length <= MOST_BYTES)
        return new TextDecoder().decode(this.#cell.subarray(0, length)).trim();
      throw new PapilioError(
        "INPUT_UNREADABLE",
        `Line ${this.line} of ${this.#file} has a cell of ${length} bytes.`,
        `Give cells of at most ${MOST_BYTES} bytes, and an end of each quote.`,
      );
    }
    return undefined;
  }

  /** Reads to the next separator or the end of the line, without spaces at both ends. Says whether it is in quotes. */
  #read(quotes = false): boolean {
    const reader = this.#reader;
    const separator = this.#separator;
    this.#length = 0;
    /** Bytes since the last one other than a space. */
    let spaces = 0;
    let quoted = false;
    for (let byte = reader.peek(); ; byte = reader.peek()) {
      if (byte !== -1) reader.skip();
      if (byte === -1 || byte === LINE_END) {
        this.#isLast = true;
        return quoted;
      }
      if (byte === separator) return quoted;
      if (quotes && byte === QUOTE && this.#length === 0 && !quoted) {
        quoted = true;
        this.#readQuoted();
        continue;
      }
      if (quotes ? this.#length === 0 && isAsciiSpace(byte) : isSpace(byte)) {
        if (this.#length > 0) spaces++;
        continue;
      }
      for (; spaces > 0 && this.#length < MOST_BYTES; spaces--) this.#push(SPACE);
      this.#push(byte);
    }
  }

  /** What follows a quote, to the one that ends it. */
  #readQuoted(): void {
    const reader = this.#reader;
    for (let byte = reader.peek(); byte !== -1; byte = reader.peek()) {
      reader.skip();
      if (byte === QUOTE) {
        if (reader.peek() !== QUOTE) return;
        reader.skip();
      }
      this.#push(byte);
      if (byte === LINE_END) this.line++;
    }
  }

  #push(byte: number): void {
    if (this.#length < MOST_BYTES) this.#cell[this.#length] = byte;
    this.#length++;
  }

  #number(): number {
    const length = Math.min(this.#length, MOST_BYTES);
    let value = Number.NaN;
    if (length === this.#length) value = parseDecimal(this.#cell, length);
    if (Number.isFinite(value)) return value;
    const cell = new TextDecoder().decode(this.#cell.subarray(0, length));
    // Quotes, and spaces beyond ASCII.
    const text = cell.trim().replace(/^"(.*)"$/, "$1");
    if (length === this.#length) value = parseDecimal(new TextEncoder().encode(text));
    if (Number.isFinite(value)) return value;
    throw new PapilioError(
      "INPUT_UNREADABLE",
      `Line ${this.line} of ${this.#file} has ${describeValue(cell)}, which is not a finite number.`,
      "Give numbers alone, between commas, without a line of names.",
    );
  }
}

/** Of a space, of what ends lines and pages, and the two of U+00A0, of which no number has either. */
function isSpace(byte: number): boolean {
  return isAsciiSpace(byte) || byte === 0xc2 || byte === 0xa0;
}

function isAsciiSpace(byte: number): boolean {
  return byte === SPACE || (byte >= 9 && byte <= 13);
}
