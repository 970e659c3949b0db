/** Code points, and one more for keys. */
const CODE_POINTS = 0x110000;

/** Texts that are looked for at a place of another text. Takes memory in proportion to their characters. */
export class Trie {
  readonly #edges = new Map<number, number>();
  /** The number of each node's text; -1 where there is none. */
  readonly #values: number[] = [-1];

  /** @param value from 0 on; of the same text the last one counts */
  add(text: string, value: number): void {
    let node = 0;
    for (const character of text) {
      const key = node * CODE_POINTS + (character.codePointAt(0) as number);
      let next = this.#edges.get(key);
      if (next === undefined) {
        next = this.#values.push(-1) - 1;
        this.#edges.set(key, next);
      }
      node = next;
    }
    this.#values[node] = value;
  }

  /** Calls back for each of the texts that begins at a place, the shortest first. */
  prefixes(text: string, at: number, found: (end: number, value: number) => void): void {
    let node = 0;
    for (let end = at; end < text.length; ) {
      const codePoint = text.codePointAt(end) as number;
      const next = this.#edges.get(node * CODE_POINTS + codePoint);
      if (next === undefined) return;
      node = next;
      end += codePoint > 0xffff ? 2 : 1;
      const value = this.#values[node] as number;
      if (value >= 0) found(end, value);
    }
  }

  /** The longest of the texts that begins at a place. */
  longest(text: string, at: number): { readonly end: number; readonly value: number } | undefined {
    let longest: { end: number; value: number } | undefined;
    this.prefixes(text, at, (end, value) => {
      longest = { end, value };
    });
    return longest;
  }
}
