import type { BatchSequence } from "./batch-sequence.ts";
import { PagePool } from "./page-pool.ts";

/**
 * Which sequences are generated and which wait, for a place or for pages of keys and values. They are served in the
 * order in which they came; where pages are missing, the sequence that joined last is preempted: it gives back its
 * pages, waits before all others, and its keys and values are computed again.
 */
export class BatchSchedule {
  readonly pool: PagePool;
  readonly most: number;
  readonly #waiting: BatchSequence[] = [];
  /** In the order in which they joined. */
  readonly #running = new Set<BatchSequence>();
  #preempted = 0;

  /** @param pages at least as many as a whole context takes, so that the first sequence is never preempted */
  constructor(most: number, pages: number) {
    this.most = most;
    this.pool = new PagePool(pages);
  }

  /** In the order in which they joined. */
  get running(): readonly BatchSequence[] {
    return [...this.#running];
  }

  get waiting(): readonly BatchSequence[] {
    return this.#waiting;
  }

  /** How often a sequence was preempted. */
  get preempted(): number {
    return this.#preempted;
  }

  add(sequence: BatchSequence): void {
    this.#waiting.push(sequence);
  }

  /** Lets those that wait join, in their order, while there is room for all of their tokens. */
  admit(): void {
    for (let [next] = this.#waiting; next !== undefined; [next] = this.#waiting) {
      const isFull = this.#running.size >= this.most;
      if (isFull || !this.pool.grow(next.pages, next.tokens.length)) return;
      this.#waiting.shift();
      this.#running.add(next);
    }
  }

  /**
   * Makes room for so many tokens of a running sequence, and preempts those that joined last where it must.
   *
   * @returns whether the sequence still runs
   */
  makeRoom(sequence: BatchSequence, tokens: number): boolean {
    while (this.#running.has(sequence)) {
      if (this.pool.grow(sequence.pages, tokens)) return true;
      this.#preempt(this.running.at(-1) as BatchSequence);
    }
    return false;
  }

  /** Of a sequence that has ended, wherever it is: its pages are free at once. */
  remove(sequence: BatchSequence): void {
    this.#running.delete(sequence);
    const waiting = this.#waiting.indexOf(sequence);
    if (waiting !== -1) this.#waiting.splice(waiting, 1);
    this.pool.release(sequence.pages);
  }

  #preempt(sequence: BatchSequence): void {
    this.#preempted++;
    this.#running.delete(sequence);
    this.pool.release(sequence.pages);
    sequence.cached = 0;
    this.#waiting.unshift(sequence);
  }
}
