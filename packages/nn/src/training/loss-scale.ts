/** What losses are multiplied by at first in half precision: the largest power of two that it holds. */
const START = 2 ** 15;
/** Steps without an overflow after which the scale doubles. */
const INTERVAL = 200;

/** A factor of the loss, and how many steps were taken with it. */
export interface LossScaleState {
  readonly scale: number;
  readonly steps: number;
}

/**
 * What the loss is multiplied by, so that small gradients are not lost in half precision (arXiv 1710.03740): half as much
 * after gradients that overflow, twice as much after many steps without.
 */
export class LossScale {
  readonly #half: boolean;
  #scale: number;
  #steps = 0;

  /** @param half whether numbers are in half precision: 1 otherwise, and as it is */
  constructor(half: boolean) {
    this.#half = half;
    this.#scale = half ? START : 1;
  }

  get scale(): number {
    return this.#scale;
  }

  get state(): LossScaleState {
    return { scale: this.#scale, steps: this.#steps };
  }

  set state({ scale, steps }: LossScaleState) {
    this.#scale = scale;
    this.#steps = steps;
  }

  /** After gradients that are not finite: whether a smaller scale may mend that. */
  shrink(): boolean {
    if (this.#scale === 1) return false;
    this.#scale /= 2;
    this.#steps = 0;
    return true;
  }

  /** After a step that was taken. */
  grow(): void {
    if (!this.#half) return;
    this.#steps++;
    if (this.#steps < INTERVAL) return;
    this.#scale = Math.min(START, 2 * this.#scale);
    this.#steps = 0;
  }
}
