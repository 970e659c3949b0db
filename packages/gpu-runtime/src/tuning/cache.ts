import { requireObject, requireText } from "@papilio/butterfly/errors";
import type { TuningKey } from "./key.ts";

/**
 * Where winners are kept. What it returns is validated before use, so that an implementation may
 * hand on whatever it finds. Concurrent calls, of other processes too, must not mix up entries.
 */
export interface TuningCache {
  /** @returns what was set for an equal key, or undefined */
  get(key: TuningKey): Promise<unknown>;
  /** @param value plain data, as JSON keeps it */
  set(key: TuningKey, value: unknown): Promise<void>;
}

/** Entries of a cache in memory, at most: one for each matrix and class of shapes. */
const MOST_ENTRIES = 1024;

/** A cache for as long as the process or the page lives, of the 1024 entries that were used last. */
export class MemoryTuningCache implements TuningCache {
  readonly #values = new Map<string, unknown>();

  get(key: TuningKey): Promise<unknown> {
    const text = keyText(key);
    const value = this.#values.get(text);
    // A map keeps the order in which keys were set: the least recently used comes first.
    if (this.#values.delete(text)) this.#values.set(text, value);
    return Promise.resolve(value);
  }

  set(key: TuningKey, value: unknown): Promise<void> {
    const text = keyText(key);
    this.#values.delete(text);
    this.#values.set(text, value);
    const [oldest] = this.#values.keys();
    if (this.#values.size > MOST_ENTRIES && oldest !== undefined) this.#values.delete(oldest);
    return Promise.resolve();
  }
}

/** @throws PapilioError `OPTION_INVALID` unless it is an object of texts */
function requireKey(key: TuningKey): void {
  requireObject("The key", key, "a TuningKey", "adapter", "what");
  for (const [name, value] of Object.entries(key)) requireText(`${name} of the key`, value);
}

/** A text that is the same for equal keys and no others: its fields' values, by their names. */
export function keyText(key: TuningKey): string {
  requireKey(key);
  return JSON.stringify(Object.entries(key).sort(([p], [q]) => (p < q ? -1 : 1)));
}
