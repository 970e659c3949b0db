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

/** A cache for as long as the process or the page lives. */
export class MemoryTuningCache implements TuningCache {
  readonly #values = new Map<string, unknown>();

  get(key: TuningKey): Promise<unknown> {
    return Promise.resolve(this.#values.get(keyText(key)));
  }

  set(key: TuningKey, value: unknown): Promise<void> {
    this.#values.set(keyText(key), value);
    return Promise.resolve();
  }
}

/** A text that is the same for equal keys and no others: its fields' values, by their names. */
export function keyText(key: TuningKey): string {
  return JSON.stringify(Object.entries(key).sort(([p], [q]) => (p < q ? -1 : 1)));
}
