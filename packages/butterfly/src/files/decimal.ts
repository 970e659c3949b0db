import { requireArray, requireWhole } from "../errors/argument-checks.ts";

/** Whole numbers below this are exact, and stay so with one digit more. */
const MOST_MANTISSA = 2 ** 53 / 10 - 1;
/** Powers of ten that are exact in double precision. */
const POWERS = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const [PLUS, MINUS, POINT, ZERO, NINE] = [0x2b, 0x2d, 0x2e, 0x30, 0x39];

/**
 * The number that a text in ASCII is: digits with a point or none, a sign and an exponent where there is
 * one. NaN for anything else, infinite beyond the range. Rounded as `Number` rounds it.
 *
 * A mantissa below 2^53 and a power of ten up to 22 are exact, so that one operation rounds their product
 * as it must be. Source: Clinger, "How to Read Floating Point Numbers Accurately" (PLDI 1990). Others are
 * left to `Number`.
 *
 * @param length of the text, which the array may go on beyond
 *
 * @internal
 */
export function parseDecimal(text: Uint8Array, length?: number): number {
  requireArray("The text", text, "Uint8Array");
  if (length !== undefined) requireWhole("The length", length, 0);
  return decimalOf(text, Math.min(length ?? text.length, text.length));
}

function decimalOf(text: Uint8Array, length: number): number {
  let at = 0;
  const negative = text[0] === MINUS;
  if (negative || text[0] === PLUS) at++;
  let mantissa = 0;
  let exact = true;
  let digits = 0;
  let fraction = 0;
  for (let point = false; at < length; at++) {
    const byte = text[at] as number;
    if (byte === POINT && !point) {
      point = true;
      continue;
    }
    if (byte < ZERO || byte > NINE) break;
    digits++;
    if (point) fraction++;
    if (mantissa > MOST_MANTISSA) exact = false;
    else mantissa = 10 * mantissa + (byte - ZERO);
  }
  if (digits === 0) return Number.NaN;
  let exponent = 0;
  // An E or an e.
  if (at < length && ((text[at] as number) | 0x20) === 0x65) {
    at++;
    const down = text[at] === MINUS;
    if (down || text[at] === PLUS) at++;
    const first = at;
    for (; at < length; at++) {
      const byte = text[at] as number;
      if (byte < ZERO || byte > NINE) break;
      exponent = Math.min(1e6, 10 * exponent + (byte - ZERO));
    }
    if (at === first) return Number.NaN;
    if (down) exponent = -exponent;
  }
  if (at < length) return Number.NaN;
  const power = exponent - fraction;
  if (!exact || Math.abs(power) >= POWERS.length)
    return Number(asciiText(text.subarray(0, length)));
  const scale = POWERS[Math.abs(power)] as number;
  const magnitude = power < 0 ? mantissa / scale : mantissa * scale;
  return negative ? -magnitude : magnitude;
}

const decoder = new TextDecoder();

/** A text whose bytes are its characters. */
function asciiText(bytes: Uint8Array): string {
  return bytes.length > 64
    ? decoder.decode(bytes)
    : String.fromCharCode.apply(undefined, bytes as unknown as number[]);
}
