const TOKEN =
  /\s+|\/\/[^\n]*|(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?[uifh]?|[A-Za-z_]\w*|<<=|>>=|&&|\|\||<<|[-+*/%&|^=!<>]=|\+\+|--|->|[^\s]/gy;

/** The tokens of WGSL, read one by one. A `>` is always one of its own: two may end two lists of types. */
export class Tokens {
  readonly #all: readonly string[];
  #next = 0;

  constructor(wgsl: string) {
    this.#all = (wgsl.match(TOKEN) ?? []).filter((token) => !/^(\s|\/\/)/.test(token));
  }

  get done(): boolean {
    return this.#next >= this.#all.length;
  }

  /** The token that comes next, or one after that; empty past the end. */
  peek(ahead = 0): string {
    return this.#all[this.#next + ahead] ?? "";
  }

  take(): string {
    return this.#all[this.#next++] ?? "";
  }

  /** Takes the token if it comes next. */
  accept(token: string): boolean {
    if (this.peek() !== token) return false;
    this.#next++;
    return true;
  }

  /** @throws TypeError unless the token comes next */
  expect(token: string): void {
    if (!this.accept(token)) throw this.unexpected(`${token} is missing`);
  }

  unexpected(what: string): TypeError {
    const near = this.#all.slice(Math.max(0, this.#next - 6), this.#next + 6).join(" ");
    return new TypeError(`The WGSL cannot be traced: ${what}, near ${near}`);
  }
}
