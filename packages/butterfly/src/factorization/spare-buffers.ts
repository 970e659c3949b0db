import { arraysOf, type Parts } from "./parts.ts";

/** Milliseconds for which memory that nobody uses is kept for the next factorization. */
const IDLE_TIME = 5000;
/** Bytes of a buffer on the heap of one thread that is kept: larger ones are collected soon enough. */
const MOST_KEPT = 2 ** 22;

/*
 * An engine releases memory of arrays with its next collection of garbage, which small factorizations do not
 * make: one after the other would have memory of its own. Threads that saw shared memory hold on to it until a
 * collection of theirs.
 */
const spare: ArrayBufferLike[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

/** Memory for so many numbers, with anything in them. */
export function takeParts(
  length: number,
  { complex, shared }: { readonly complex: boolean; readonly shared: boolean },
): Parts {
  const part = (): Float64Array => new Float64Array(takeBuffer(8 * length, shared), 0, length);
  return { re: part(), im: complex ? part() : undefined };
}

/** Of so many bytes, or of up to twice as many. */
function takeBuffer(bytes: number, shared: boolean): ArrayBufferLike {
  const found = spare.findIndex(
    (buffer) =>
      isShared(buffer) === shared && buffer.byteLength >= bytes && buffer.byteLength <= 2 * bytes,
  );
  if (found >= 0) return spare.splice(found, 1)[0] as ArrayBufferLike;
  return shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
}

/** @param values of {@link takeParts}, which nobody reads or writes any more */
export function returnParts(values: Parts): void {
  for (const { buffer } of arraysOf(values)) {
    if (isShared(buffer) || buffer.byteLength <= MOST_KEPT) spare.push(buffer);
  }
  clearTimeout(timer);
  timer = setTimeout(() => {
    spare.length = 0;
  }, IDLE_TIME);
  // Node's timers keep a process alive; a browser's are numbers.
  if (typeof timer === "object") timer.unref();
}

/** Whether other threads may see memory. */
export function isShared(buffer: ArrayBufferLike): boolean {
  return typeof SharedArrayBuffer !== "undefined" && buffer instanceof SharedArrayBuffer;
}
