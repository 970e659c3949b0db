/** What {@link FreeBuffers} asks of a buffer. */
interface Sized {
  readonly usage: number;
  readonly reserved: number;
}

/** Buffers that wait for reuse, the oldest first. */
export class FreeBuffers<B extends Sized> implements Iterable<B> {
  /** In the order of their release. */
  readonly #waiting = new Set<B>();
  /** The same by usage and size, in the same order. */
  readonly #bySize = new Map<string, B[]>();

  get size(): number {
    return this.#waiting.size;
  }

  add(buffer: B): void {
    this.#waiting.add(buffer);
    const key = sizeKey(buffer.usage, buffer.reserved);
    const alike = this.#bySize.get(key) ?? [];
    alike.push(buffer);
    this.#bySize.set(key, alike);
  }

  /** Takes a buffer of this usage and the first of these sizes that there is one of. */
  take(usage: number, ...sizes: readonly number[]): B | undefined {
    for (const size of sizes) {
      // The last one released is the one most likely to be in a cache.
      const found = this.#bySize.get(sizeKey(usage, size))?.at(-1);
      if (found === undefined) continue;
      this.delete(found);
      return found;
    }
    return undefined;
  }

  /** Whether it was there. No list stays for a size that nothing has. */
  delete(buffer: B): boolean {
    if (!this.#waiting.delete(buffer)) return false;
    const key = sizeKey(buffer.usage, buffer.reserved);
    const alike = this.#bySize.get(key) as B[];
    alike.splice(alike.lastIndexOf(buffer), 1);
    if (alike.length === 0) this.#bySize.delete(key);
    return true;
  }

  clear(): void {
    this.#waiting.clear();
    this.#bySize.clear();
  }

  [Symbol.iterator](): Iterator<B> {
    return this.#waiting.values();
  }
}

function sizeKey(usage: number, size: number): string {
  return `${usage} ${size}`;
}
