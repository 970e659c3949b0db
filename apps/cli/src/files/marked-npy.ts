import type { Complex, FloatArray } from "@papilio/butterfly";
import { npyHeader, writeNpy } from "@papilio/butterfly/files";

/**
 * Spaces that the header is longer by than it must be: two blocks of 64 bytes. The format allows any
 * number of blocks, and a header has no other place for a note on who wrote the file. NumPy leaves
 * room for a longer shape, which is less than one block.
 */
const MARK = 128;
const MAGIC = "\x93NUMPY";
const PREAMBLE = 10;

/**
 * A npy file that {@link isMarkedNpy} tells from those of other programs, so that a command may
 * replace what it wrote before.
 *
 * @throws PapilioError what `writeNpy` throws
 */
export function writeMarkedNpy(
  values: FloatArray | Complex<FloatArray>,
  shape: readonly number[],
): Uint8Array {
  const plain = writeNpy(values, shape);
  const begin = PREAMBLE + new DataView(plain.buffer).getUint16(8, true);
  const head = marked(plain.subarray(0, begin));
  const file = new Uint8Array(plain.length + MARK);
  file.set(head);
  file.set(plain.subarray(begin), head.length);
  return file;
}

/**
 * What {@link writeMarkedNpy} writes before the values, in single precision, of this shape.
 *
 * @throws PapilioError what `npyHeader` throws
 */
export function markedNpyHeader(shape: readonly number[]): Uint8Array {
  return marked(npyHeader("<f4", shape));
}

function marked(header: Uint8Array): Uint8Array {
  const end = header.length - 1;
  const longer = new Uint8Array(header.length + MARK).fill(0x20, end, end + MARK);
  longer.set(header.subarray(0, end));
  longer.set(header.subarray(end), end + MARK);
  new DataView(longer.buffer).setUint16(8, longer.length - PREAMBLE, true);
  return longer;
}

/** Whether a file begins as {@link writeMarkedNpy} writes it; a character is a byte. */
export function isMarkedNpy(head: string): boolean {
  const [, dictionary, padding] = /^(\{[^{}\n]*\})( *)\n/.exec(head.slice(PREAMBLE)) ?? [];
  if (!head.startsWith(MAGIC) || dictionary === undefined || padding === undefined) return false;
  const least = 64 * Math.ceil((PREAMBLE + dictionary.length + 1) / 64);
  return PREAMBLE + dictionary.length + padding.length + 1 === least + MARK;
}
