import { requireArray, requireWhole } from "../errors/argument-checks.ts";

/**
 * The bytes of a file: in one array, or in pieces one after another. Who hands over pieces hands over
 * their memory too: it is released as they are read.
 */
export type FileBytes = Uint8Array | Uint8Array<ArrayBuffer>[];

/** @throws PapilioError `ARRAY_TYPE`, `ARRAY_DETACHED` unless they are bytes, or a list of such */
export function requireFileBytes(bytes: FileBytes): void {
  for (const piece of Array.isArray(bytes) ? bytes : [bytes]) {
    requireArray("The file", piece, "Uint8Array");
  }
}

/** Bytes at which the file's beginning is looked at. */
const HEAD = 4096;

/**
 * Reads the bytes of a file once, from the beginning to the end, in no more memory than they take: pieces
 * that were passed are released, so that what is made of them can take their place.
 *
 * @internal
 */
export class ByteReader {
  /** Bytes of the file. */
  readonly length: number;
  readonly #pieces: (Uint8Array | undefined)[];
  /** Whether the memory of the pieces is this reader's. */
  readonly #owned: boolean;
  /** How many pieces were opened. */
  #opened = 0;
  /** Bytes of those before the present one. */
  #passed = 0;
  #piece = new Uint8Array(0) as Uint8Array;
  #at = 0;

  constructor(bytes: FileBytes) {
    this.length = sizeOf(bytes);
    this.#owned = Array.isArray(bytes);
    this.#pieces = Array.isArray(bytes) ? bytes : [bytes];
  }

  /** Bytes that were not read yet. */
  get left(): number {
    return this.length - this.#passed - this.#at;
  }

  /** The next byte, which stays unread; -1 at the end. */
  peek(): number {
    return this.#at < this.#piece.length || this.#open() ? (this.#piece[this.#at] as number) : -1;
  }

  /** Passes over the byte that {@link peek} gave. */
  skip(): void {
    this.#at++;
  }

  /** Passes over what is left of the line, its end included. */
  skipLine(): void {
    while (this.peek() !== -1) {
      const end = this.#piece.indexOf(0x0a, this.#at);
      this.#at = end === -1 ? this.#piece.length : end + 1;
      if (end !== -1) return;
    }
  }

  /** The next bytes as they lie in memory, at most so many: to be used before anything else is read. */
  take(most: number): Uint8Array {
    requireWhole("The number of bytes", most, 0);
    if (this.peek() === -1) return this.#piece.subarray(0, 0);
    const taken = this.#piece.subarray(this.#at, this.#at + most);
    this.#at += taken.length;
    return taken;
  }

  /** Copies the next bytes: as many as the target has, or are left. Gives how many. */
  copyTo(target: Uint8Array): number {
    requireArray("The target", target, "Uint8Array");
    let copied = 0;
    while (copied < target.length) {
      const taken = this.take(target.length - copied);
      if (taken.length === 0) break;
      target.set(taken, copied);
      copied += taken.length;
    }
    return copied;
  }

  /** Passes over so many bytes. */
  drop(bytes: number): void {
    requireWhole("The number of bytes", bytes, 0);
    for (let left = bytes; left > 0; ) {
      const taken = this.take(left);
      if (taken.length === 0) return;
      left -= taken.length;
    }
  }

  /** All that was not read yet, as it lies in memory. Nothing is read, and nothing is to be kept. */
  *ahead(): Generator<Uint8Array> {
    yield this.#piece.subarray(this.#at);
    for (const piece of this.#pieces.slice(this.#opened)) yield piece as Uint8Array;
  }

  #open(): boolean {
    while (this.#opened < this.#pieces.length) {
      const index = this.#opened++;
      this.#passed += this.#piece.length;
      if (this.#owned) release(this.#piece);
      this.#piece = this.#pieces[index] as Uint8Array;
      this.#at = 0;
      if (this.#owned) this.#pieces[index] = undefined;
      if (this.#piece.length > 0) return true;
    }
    return false;
  }
}

/**
 * How many there are.
 *
 * @internal
 */
export function sizeOf(bytes: FileBytes): number {
  requireFileBytes(bytes);
  if (!Array.isArray(bytes)) return bytes.length;
  return bytes.reduce((sum, piece) => sum + piece.length, 0);
}

/**
 * The first 4096 bytes of a file, or all where it has fewer: what its kind is told by.
 *
 * @internal
 */
export function headOf(bytes: FileBytes): Uint8Array {
  requireFileBytes(bytes);
  if (!Array.isArray(bytes)) return bytes.subarray(0, HEAD);
  const head = new Uint8Array(HEAD);
  let length = 0;
  for (const piece of bytes) {
    if (length === HEAD) break;
    const part = piece.subarray(0, HEAD - length);
    head.set(part, length);
    length += part.length;
  }
  return head.subarray(0, length);
}

/**
 * The bytes in one array. Pieces are released as they are copied.
 *
 * @internal
 */
export function joinBytes(bytes: FileBytes): Uint8Array {
  requireFileBytes(bytes);
  if (!Array.isArray(bytes)) return bytes;
  const [only, ...others] = bytes;
  if (only !== undefined && others.length === 0 && !only.buffer.resizable) return only;
  const reader = new ByteReader(bytes);
  const joined = new Uint8Array(reader.length);
  reader.copyTo(joined);
  return joined;
}

/** Frees the memory now, and not when it is collected. */
function release(piece: Uint8Array): void {
  const { buffer } = piece;
  if (buffer instanceof ArrayBuffer && !buffer.detached && buffer.byteLength > 0) {
    buffer.transfer(0);
  }
}
