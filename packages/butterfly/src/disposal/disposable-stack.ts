import "./dispose-symbols.ts";

/**
 * What the standard's `DisposableStack` does, without touching globals: Node 22 and Safari have none.
 * The ponyfills on npm differ from the standard in `disposed` and in use after disposal.
 */
export class PortableDisposableStack implements DisposableStack {
  #releases: (() => void)[] | undefined = [];

  get disposed(): boolean {
    return this.#releases === undefined;
  }

  use<T extends Disposable | null | undefined>(resource: T): T {
    const releases = this.#open();
    if (resource === null || resource === undefined) return resource;
    const dispose = resource[Symbol.dispose];
    if (typeof dispose !== "function") {
      throw new TypeError("The resource has no method named Symbol.dispose.");
    }
    releases.push(() => dispose.call(resource));
    return resource;
  }

  adopt<T>(value: T, onDispose: (value: T) => void): T {
    this.#open().push(() => onDispose(value));
    return value;
  }

  defer(onDispose: () => void): void {
    this.#open().push(onDispose);
  }

  move(): PortableDisposableStack {
    const moved = new PortableDisposableStack();
    moved.#releases = this.#open();
    this.#releases = undefined;
    return moved;
  }

  /** Releases all in reverse order, whichever of them fail. Twice does nothing more. */
  dispose(): void {
    const releases = this.#releases?.reverse() ?? [];
    this.#releases = undefined;
    let failure: { readonly error: unknown } | undefined;
    for (const release of releases) {
      try {
        release();
      } catch (error) {
        failure = { error: failure === undefined ? error : suppressed(error, failure.error) };
      }
    }
    if (failure !== undefined) throw failure.error;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  get [Symbol.toStringTag](): string {
    return "DisposableStack";
  }

  #open(): (() => void)[] {
    if (this.#releases === undefined) throw new ReferenceError("The DisposableStack was disposed.");
    return this.#releases;
  }
}

/** The standard's SuppressedError, or an error of its shape. */
function suppressed(error: unknown, earlier: unknown): Error {
  const message = "A resource failed to be released after another error.";
  const { SuppressedError: Own } = globalThis as { SuppressedError?: SuppressedErrorConstructor };
  if (Own !== undefined) return new Own(error, earlier, message);
  return Object.assign(new Error(message), { name: "SuppressedError", error, suppressed: earlier });
}

/**
 * Releases resources together, in reverse order: the engine's own `DisposableStack`, or one that does the
 * same where the engine has none, as Node 22 and Safari.
 */
export const DisposableStack: DisposableStackConstructor =
  (globalThis as { DisposableStack?: DisposableStackConstructor }).DisposableStack ??
  PortableDisposableStack;
/** What the constructor makes. */
export type DisposableStack = globalThis.DisposableStack;
