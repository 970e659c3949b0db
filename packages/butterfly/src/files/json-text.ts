import {
  arrayTag,
  requireBoolean,
  requireOptions,
  requireText,
  requireWhole,
} from "../errors/argument-checks.ts";

/** How much a JSON text may hold, so that reading it takes memory in proportion to its length. */
export interface JsonLimits {
  /** Objects and lists within one another, at most; 64 unless given. */
  readonly depth?: number;
  /** Values in all, at most; 2^20 unless given. Each takes up to a hundred bytes of memory. */
  readonly values?: number;
  /** Bytes, at most, spaces after other spaces left out; any number unless given. */
  readonly bytes?: number;
  /** Whether a key that an object has twice is an error; else the last counts, as for `JSON.parse`. */
  readonly uniqueKeys?: boolean;
}

const MOST_DEPTH = 64;
const MOST_VALUES = 2 ** 20;
/** Spaces after other spaces that are not worth a copy without them. */
const FEW_SPACES = 2 ** 16;
const [QUOTE, COMMA, COLON, BACKSLASH] = [0x22, 0x2c, 0x3a, 0x5c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * What a JSON text holds. It is scanned before it is parsed: `JSON.parse` takes fifty bytes of memory for
 * each bracket, and whatever walks the result recursively would overflow the stack. Many spaces
 * never become a text: a file may have a hundred megabytes of them.
 *
 * @param source a text, or its bytes in UTF-8, with or without a byte-order mark
 * @throws SyntaxError for what is not JSON or beyond the limits; callers give it their code
 * @throws PapilioError `OPTION_INVALID` for what is neither a text nor bytes
 */
export function parseJsonText(source: string | Uint8Array, limits: JsonLimits = {}): unknown {
  if (arrayTag(source) !== "Uint8Array") requireText("The JSON", source);
  requireOptions("The limits", limits);
  const { depth = MOST_DEPTH, values = MOST_VALUES, uniqueKeys = false } = limits;
  const { bytes: most = Number.MAX_SAFE_INTEGER } = limits;
  requireWhole("The depth", depth, 0);
  requireWhole("The number of values", values, 0);
  requireWhole("The number of bytes", most, 0);
  requireBoolean("uniqueKeys", uniqueKeys);
  const { members, spaces } = scan(source, depth, values);
  const bytes = source.length - spaces;
  if (bytes > most) {
    throw new SyntaxError(`it has ${bytes} bytes without its spaces, more than ${most}`);
  }
  const text =
    typeof source === "string"
      ? source.replace(/^\uFEFF/, "")
      : decodeUtf8(spaces > FEW_SPACES ? withoutSpaces(source, bytes) : source);
  const parsed: unknown = JSON.parse(text);
  if (uniqueKeys && countMembers(parsed) !== members) {
    throw new SyntaxError("an object has the same key twice");
  }
  return parsed;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new SyntaxError("it is not UTF-8", { cause });
  }
}

/** Checks the limits, and counts spaces after other spaces and the members of all objects, by their colons. */
function scan(
  source: string | Uint8Array,
  depth: number,
  values: number,
): { readonly members: number; readonly spaces: number } {
  const at =
    typeof source === "string"
      ? (index: number) => source.charCodeAt(index)
      : (index: number) => source[index] as number;
  let level = 0;
  let count = 1;
  let members = 0;
  let spaces = 0;
  let inText = false;
  for (let index = 0; index < source.length; index++) {
    const character = at(index);
    if (inText) {
      if (character === BACKSLASH) index++;
      else if (character === QUOTE) inText = false;
      continue;
    }
    switch (character) {
      case QUOTE:
        inText = true;
        break;
      case COLON:
        members++;
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        if (++level > depth) throw new SyntaxError(`it nests deeper than ${depth} levels`);
        count++;
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        level--;
        break;
      case COMMA:
        count++;
        break;
      default:
        if (isSpace(character) && index > 0 && isSpace(at(index - 1))) spaces++;
    }
    if (count > values) throw new SyntaxError(`it has more than ${values} values`);
  }
  return { members, spaces };
}

/** The same text, of `length` bytes, with one space between values where there were several. */
function withoutSpaces(source: Uint8Array, length: number): Uint8Array {
  const kept = new Uint8Array(length);
  let end = 0;
  let inText = false;
  for (let index = 0; index < source.length; index++) {
    const byte = source[index] as number;
    if (!inText && isSpace(byte) && index > 0 && isSpace(source[index - 1] as number)) continue;
    kept[end++] = byte;
    if (byte === QUOTE) inText = !inText;
    else if (inText && byte === BACKSLASH && ++index < source.length) {
      kept[end++] = source[index] as number;
    }
  }
  return kept;
}

/** Of the four characters that JSON has between values. */
function isSpace(character: number): boolean {
  return character === 0x20 || character === 0x0a || character === 0x0d || character === 0x09;
}

function countMembers(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  if (Array.isArray(value)) return value.reduce((sum, one) => sum + countMembers(one), 0);
  let members = 0;
  for (const key of Object.keys(value)) {
    members += 1 + countMembers((value as Readonly<Record<string, unknown>>)[key]);
  }
  return members;
}
