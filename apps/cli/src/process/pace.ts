/** How many times as long as a piece of work took has to pass before it is done again. */
const SHARE = 9;

/** Keeps what is done again and again to a share of the time, however long it takes. */
export class Pace {
  #due = Number.NEGATIVE_INFINITY;

  /** Does it, unless it was done a moment ago. */
  async keep(work: () => Promise<void>): Promise<void> {
    const started = performance.now();
    if (started < this.#due) return;
    await work();
    const ended = performance.now();
    this.#due = ended + SHARE * (ended - started);
  }
}
