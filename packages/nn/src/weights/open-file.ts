/** A file that is open, to be read from its beginning to its end. */
export interface OpenFile {
  /** In bytes, where it is certain: what a server announces is not. */
  readonly size: number | undefined;
  /** Writes the next bytes into `target`: how many, and 0 at the end of the file. */
  read(target: Uint8Array<ArrayBuffer>): Promise<number>;
  /**
   * Where bytes need not be read yet: gives those from `begin` to `end`, whenever that is called, also
   * after the file is closed. Reading goes on as if it had not been asked.
   */
  readonly later?: ((begin: number, end: number) => () => Uint8Array) | undefined;
  /** Lets go of whatever is held; does not fail. */
  close(): Promise<void>;
}

/** A place with files by their names. */
export interface Folder {
  /** What it is called in messages. */
  readonly name: string;
  /** Nothing where there is no such file. */
  open(file: string): Promise<OpenFile | undefined>;
}

/** Bytes in memory, which stay where they are. */
export function openBytes(bytes: Uint8Array): OpenFile {
  let at = 0;
  return {
    size: bytes.length,
    read: (target) => {
      const next = bytes.subarray(at, at + target.length);
      target.set(next);
      at += next.length;
      return Promise.resolve(next.length);
    },
    later: (begin, end) => () => bytes.subarray(begin, end),
    close: () => Promise.resolve(),
  };
}

/**
 * A stream of bytes.
 *
 * @param size where it is certain
 * @param fail what becomes of an error in the middle, after so many bytes
 */
export function openStream(
  stream: ReadableStream<Uint8Array>,
  size: number | undefined,
  fail: (error: unknown, after: number) => unknown,
): OpenFile {
  const reader = stream.getReader();
  let rest = new Uint8Array(0) as Uint8Array;
  let received = 0;
  return {
    size,
    async read(target) {
      while (rest.length === 0) {
        const { value } = await reader.read().catch((error: unknown) => {
          throw fail(error, received);
        });
        if (value === undefined) return 0;
        received += value.length;
        rest = value;
      }
      const next = rest.subarray(0, target.length);
      target.set(next);
      rest = rest.subarray(next.length);
      return next.length;
    },
    // A stream that has failed says so again.
    close: () => reader.cancel().catch(() => undefined),
  };
}
