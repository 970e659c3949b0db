import { quoteNames, weightsError } from "./weights-error.ts";

/** How far loading has come. All counts are bytes of tensors, as stored. */
export interface LoadProgress {
  /** Of all files; it never decreases, and in the last report it is `total`. */
  readonly loaded: number;
  /**
   * Of all files: known when the header of a single file is, and from an index that has it (in which
   * case it is what the index says until the last shard's header is known).
   */
  readonly total: number | undefined;
  /** Name of the file that is being read. */
  readonly file: string;
  readonly fileLoaded: number;
  readonly fileTotal: number;
}

/** Bytes beside tensors, of headers and an index, that there is always room for. */
const ALLOWANCE = 2 ** 20;

/** Counts bytes of tensors, reports them, and stops where there are too many or the caller says so. */
export class LoadTracker {
  readonly signal: AbortSignal | undefined;
  readonly #maxBytes: number;
  readonly #report: ((progress: LoadProgress) => void) | undefined;
  #filesLeft = 1;
  #announced: number | undefined;
  #loaded = 0;
  #read = 0;
  #file = { name: "", loaded: 0, total: 0 };

  constructor(
    maxBytes: number,
    signal: AbortSignal | undefined,
    report: ((progress: LoadProgress) => void) | undefined,
  ) {
    this.#maxBytes = maxBytes;
    this.signal = signal;
    this.#report = report;
  }

  /** What an index says: so many files, and bytes of tensors in them. */
  announce(files: number, bytes: number | undefined): void {
    this.#require(bytes ?? 0, "index");
    this.#filesLeft = files;
    this.#announced = bytes;
  }

  /**
   * A file begins, with so many bytes of tensors that will be loaded.
   *
   * @throws PapilioError `STATE_DICT_TOO_LARGE`
   */
  begin(name: string, bytes: number): void {
    this.#require(this.#loaded + bytes, name);
    this.#filesLeft--;
    this.#file = { name, loaded: 0, total: bytes };
    this.add(0);
  }

  /**
   * So many bytes of any kind are about to be read: headers, an index and tensors that are passed over
   * count too, as they are once decompressed.
   *
   * @throws PapilioError `STATE_DICT_TOO_LARGE`
   */
  reserve(bytes: number, where: string): void {
    this.#read += bytes;
    if (this.#read <= this.#maxBytes + ALLOWANCE) return;
    throw weightsError(
      "STATE_DICT_TOO_LARGE",
      `There are ${this.#read} bytes to be read up to ${quoteNames([where])}, headers included: more than the ${this.#maxBytes} of maxBytes.`,
    );
  }

  /** So many more bytes are there. */
  add(bytes: number): void {
    this.#loaded += bytes;
    this.#file.loaded += bytes;
    const { name: file, loaded: fileLoaded, total: fileTotal } = this.#file;
    this.#report?.({ loaded: this.#loaded, total: this.#total(), file, fileLoaded, fileTotal });
  }

  #total(): number | undefined {
    const known = this.#loaded - this.#file.loaded + this.#file.total;
    if (this.#filesLeft <= 0) return known;
    return this.#announced === undefined ? undefined : Math.max(this.#announced, known);
  }

  #require(bytes: number, where: string): void {
    if (bytes <= this.#maxBytes) return;
    throw weightsError(
      "STATE_DICT_TOO_LARGE",
      `There are ${bytes} bytes of tensors up to ${quoteNames([where])}, more than the ${this.#maxBytes} of maxBytes.`,
    );
  }
}

/** The promise, or the signal's reason as soon as it aborts. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    const forget = (): void => signal.removeEventListener("abort", stop);
    promise.then(resolve, reject).then(forget, forget);
  });
}
