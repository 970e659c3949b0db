import { requireText } from "@papilio/butterfly/errors";
import { listOf, text as textCheck } from "../arguments/checks.ts";

/**
 * Text up to the first of some texts, as it comes. What may be the beginning of one is held back until
 * that is clear.
 */
export class StopSequences {
  readonly #texts: readonly string[];
  #held = "";
  #found = false;

  /**
   * @param texts where the text ends; empty ones count for nothing
   * @throws PapilioError `OPTION_INVALID`
   */
  constructor(texts: readonly string[]) {
    listOf(textCheck)("The texts", texts);
    this.#texts = texts.filter((text) => text !== "");
  }

  /** Whether one of them was found. What comes after it is left out. */
  get found(): boolean {
    return this.#found;
  }

  /** What is held back by now. */
  get held(): string {
    return this.#held;
  }

  /**
   * What is certain of the text with one more piece.
   *
   * @throws PapilioError `OPTION_INVALID`
   */
  push(piece: string): string {
    requireText("The piece", piece);
    if (this.#found) return "";
    const text = this.#held + piece;
    const places = this.#texts.map((stop) => text.indexOf(stop)).filter((place) => place >= 0);
    if (places.length > 0) {
      this.#found = true;
      this.#held = "";
      return text.slice(0, Math.min(...places));
    }
    const waiting = Math.max(0, ...this.#texts.map((stop) => beginningAtEnd(text, stop)));
    this.#held = text.slice(text.length - waiting);
    return text.slice(0, text.length - waiting);
  }

  /** What is left when no more comes. */
  end(): string {
    const rest = this.#held;
    this.#held = "";
    return rest;
  }
}

/** Length of the longest end of a text that another one begins with, the whole of that excepted. */
function beginningAtEnd(text: string, other: string): number {
  for (let length = Math.min(text.length, other.length - 1); length > 0; length--) {
    if (text.endsWith(other.slice(0, length))) return length;
  }
  return 0;
}
