/** Tokens of a page of keys and values: two tiles of the CPU's kernels, which read them together. */
export const PAGE_TOKENS = 32;

/** Pages of keys and values that sequences take as they grow, and give back. */
export class PagePool {
  readonly count: number;
  readonly #free: number[];

  constructor(count: number) {
    this.count = count;
    this.#free = Array.from({ length: count }, (_, page) => page).reverse();
  }

  /** Pages that no sequence has. */
  get free(): number {
    return this.#free.length;
  }

  /**
   * Makes a sequence's list of pages long enough for so many tokens.
   *
   * @returns whether there were pages enough; without, it takes none
   */
  grow(pages: number[], tokens: number): boolean {
    const missing = pagesFor(tokens) - pages.length;
    if (missing > this.#free.length) return false;
    for (let page = 0; page < missing; page++) pages.push(this.#free.pop() as number);
    return true;
  }

  /** Takes back all pages of a sequence. */
  release(pages: number[]): void {
    this.#free.push(...pages.splice(0));
  }
}

/** Pages that so many tokens take. */
export function pagesFor(tokens: number): number {
  return Math.ceil(tokens / PAGE_TOKENS);
}
