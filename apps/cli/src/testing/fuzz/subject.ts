import { PapilioError } from "@papilio/butterfly";

/** A reader, and files that it reads. */
export interface Subject {
  readonly name: string;
  readonly seeds: readonly Uint8Array[];
  /** Whether words of the file are to be changed, and not its bits alone. */
  readonly textual: boolean;
  /** What is changed, where a part of the file says how long another is; then that is set right. */
  readonly frame?: {
    readonly take: (file: Uint8Array) => Uint8Array;
    readonly put: (changed: Uint8Array, file: Uint8Array) => Uint8Array;
  };
  readonly read: (bytes: Uint8Array) => unknown;
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Copies of a few bytes each, which a reader may release. */
export function inPieces(bytes: Uint8Array): Uint8Array<ArrayBuffer>[] {
  const size = 1 + (bytes.length % 61);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    Uint8Array.from(bytes.subarray(at * size, (at + 1) * size)),
  );
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Does what a file may be refused for. */
export function orRefused(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof PapilioError)) throw error;
  }
}
