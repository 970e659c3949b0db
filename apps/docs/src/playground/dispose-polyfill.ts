/**
 * Browsers with WebGPU that do not know explicit resource management yet: the packages' compiled code
 * asks for these names alone. To be imported before any of them.
 */
const symbols = Symbol as { dispose?: symbol; asyncDispose?: symbol };
symbols.dispose ??= Symbol.for("Symbol.dispose");
symbols.asyncDispose ??= Symbol.for("Symbol.asyncDispose");

class Stack {
  #held: (() => void)[] = [];

  use<T extends Disposable | null | undefined>(resource: T): T {
    if (resource) this.#held.push(() => resource[Symbol.dispose]());
    return resource;
  }

  adopt<T>(value: T, dispose: (value: T) => void): T {
    this.#held.push(() => dispose(value));
    return value;
  }

  defer(dispose: () => void): void {
    this.#held.push(dispose);
  }

  move(): Stack {
    const moved = new Stack();
    moved.#held = this.#held;
    this.#held = [];
    return moved;
  }

  dispose(): void {
    for (const dispose of this.#held.splice(0).reverse()) dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

(globalThis as { DisposableStack?: unknown }).DisposableStack ??= Stack;
