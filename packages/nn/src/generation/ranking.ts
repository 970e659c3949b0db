import { type Candidates, canBeSorted, membersOf, orderOf } from "./candidates.ts";

/** How a weight follows from a logit: `exp((logit - most) / temperature)`. */
export interface Weighing {
  /** The largest logit of all. */
  readonly most: number;
  /** From 1e-60 to 1e60: beyond, no weight of logits in float32 changes. */
  readonly temperature: number;
}

/** A candidate in the order of falling logits, and the sum of the weights up to and with its own. */
export interface Place {
  readonly token: number;
  readonly sum: number;
}

/** Weights of the exponential of less than minus this add nothing to a sum that has a weight of 1. */
const LARGEST_EXPONENT = 60;
/** Bins at least, and bins for each 1 of the exponent. */
const [LEAST_BINS, BINS_OF_ONE] = [2048, 256];

/** Bins of equal widths from the largest logit down. */
interface Bins {
  /** The bin of each candidate; those that weigh nothing are in one after the last. */
  readonly of: Uint16Array;
  /** Of the weights in each. */
  readonly sums: Float64Array;
  readonly total: number;
}

/**
 * The order of candidates by falling logits, of equal ones by rising tokens, without sorting all of them:
 * bins say where a place is, and only the candidates in that one are looked into. O(n) for n candidates.
 */
export class Ranking {
  readonly #candidates: Candidates;
  readonly #weighing: Weighing;
  #bins: Bins | undefined;

  constructor(candidates: Candidates, weighing: Weighing) {
    this.#candidates = candidates;
    this.#weighing = weighing;
  }

  /** The sum of all weights. */
  get total(): number {
    if (canBeSorted(this.#candidates)) return this.#findInOrder(() => false, 0).sum;
    this.#bins ??= this.#divide();
    return this.#bins.total;
  }

  /** The first place whose sum is enough, or else the last one that weighs anything. */
  find(isEnough: (sum: number) => boolean, before = 0): Place {
    if (canBeSorted(this.#candidates)) return this.#findInOrder(isEnough, before);
    this.#bins ??= this.#divide();
    const { of, sums } = this.#bins;
    let found = 0;
    let start = before;
    let sum = before;
    for (let bin = 0; bin < sums.length - 1 && !isEnough(sum); bin++) {
      if (sums[bin] === 0) continue;
      found = bin;
      start = sum;
      sum += sums[bin] as number;
    }
    const members = membersOf(this.#candidates, of, found);
    return new Ranking(members, this.#weighing).find(isEnough, start);
  }

  #findInOrder(isEnough: (sum: number) => boolean, before: number): Place {
    const { logits, tokens } = this.#candidates;
    const { most, temperature } = this.#weighing;
    let found = 0;
    let sum = before;
    let logit = most;
    let weight = 1;
    for (const place of orderOf(this.#candidates)) {
      // Of many equal logits, one exponential.
      if (logits[place] !== logit) {
        logit = logits[place] as number;
        weight = Math.exp((logit - most) / temperature);
      }
      if (weight === 0) break;
      found = place;
      sum += weight;
      if (isEnough(sum)) break;
    }
    return { token: tokens === undefined ? found : (tokens[found] as number), sum };
  }

  #divide(): Bins {
    const { logits, least, most: largest } = this.#candidates;
    const { most, temperature } = this.#weighing;
    const width = Math.min(largest - least, LARGEST_EXPONENT * temperature);
    const count = Math.max(LEAST_BINS, Math.ceil((width / temperature) * BINS_OF_ONE));
    const scale = (count - 1) / width;
    const step = 1 / (scale * temperature);
    const of = new Uint16Array(logits.length);
    const sums = new Float64Array(count + 1);
    for (let place = 0; place < logits.length; place++) {
      const position = Math.min((largest - (logits[place] as number)) * scale, count);
      const bin = position | 0;
      // Over the weight in the middle of the bin. Within 1 / 512 the series is exact to double precision.
      const x = (bin + 0.5 - position) * step;
      const weight = 1 + x + x * x * (1 / 2 + x * (1 / 6) + x * x * (1 / 24));
      of[place] = bin;
      sums[bin] = (sums[bin] as number) + weight;
    }
    const offset = (largest - most) / temperature;
    let total = 0;
    for (let bin = 0; bin < count; bin++) {
      if (sums[bin] === 0) continue;
      const sum = (sums[bin] as number) * Math.exp(offset - (bin + 0.5) * step);
      sums[bin] = sum;
      total += sum;
    }
    return { of, sums, total };
  }
}
