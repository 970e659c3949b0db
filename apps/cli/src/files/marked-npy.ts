import type { Complex, FloatArray } from "@papilio/butterfly";
import { writeNpy } from "@papilio/butterfly/files";

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
  const length = new DataView(plain.buffer).getUint16(8, true);
  const end = PREAMBLE + length;
  const file = new Uint8Array(plain.length + MARK).fill(0x20, end - 1, end + MARK - 1);
  file.set(plain.subarray(0, end - 1));
  new DataView(file.buffer).setUint16(8, length + MARK, true);
  file.set(plain.subarray(end - 1), end + MARK - 1);
  return file;
}

/** Whether a file begins as {@link writeMarkedNpy} writes it; a character is a byte. */
export function isMarkedNpy(head: string): boolean {
  const [, dictionary, padding] = /^(\{[^{}\n]*\})( *)\n/.exec(head.slice(PREAMBLE)) ?? [];
  if (!head.startsWith(MAGIC) || dictionary === undefined || padding === undefined) return false;
  const least = 64 * Math.ceil((PREAMBLE + dictionary.length + 1) / 64);
  return PREAMBLE + dictionary.length + padding.length + 1 === least + MARK;
}
