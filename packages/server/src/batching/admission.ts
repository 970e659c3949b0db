import { PapilioError } from "@papilio/butterfly";

/** How many may be inside at once; who comes beyond that is refused, and never waits outside. */
export class Admission {
  readonly #limit: number;
  readonly #what: string;
  #inside = 0;

  /** @param what are let in, such as `requests` */
  constructor(limit: number, what: string) {
    this.#limit = limit;
    this.#what = what;
  }

  get inside(): number {
    return this.#inside;
  }

  /**
   * Lets some in until the result is disposed of.
   *
   * @throws PapilioError `QUEUE_FULL`
   */
  enter(count: number): Disposable {
    if (this.#inside + count > this.#limit) {
      throw new PapilioError(
        "QUEUE_FULL",
        `${this.#inside} ${this.#what} are waiting or computed, and ${count} more would pass the limit of ${this.#limit}.`,
        "Try again later.",
      );
    }
    this.#inside += count;
    let left = false;
    return {
      [Symbol.dispose]: () => {
        if (!left) this.#inside -= count;
        left = true;
      },
    };
  }
}
