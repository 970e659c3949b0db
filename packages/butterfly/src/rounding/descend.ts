import type { TimeSlicer } from "../threads/time-slicer.ts";
import { nearest } from "./grid.ts";
import type { RoundedFactor } from "./rounded-factor.ts";
import { colOf, type Gram, rowOf } from "./surroundings.ts";

const SWEEPS = 4;
/** The share of the first gain below which another sweep is not worth while. */
const ENOUGH = 0.02;

/**
 * Coordinate descent on what the whole product loses: each number of a factor, then each scale, is moved to where the
 * squared error is smallest, all others held. A sweep never makes the error larger.
 *
 * The error as a function of one value of the factor, at the row `r` and the column `c`, that changes by `t` is
 * `-2 t P[r, c] + t^2 M[r, r] G[c, c]`, where `P` is the slope, `A^T (W - B) H R^T`. It changes with each step, by
 * `-t M[:, r] G[c, :]`.
 */
export class Descent {
  readonly #rounded: RoundedFactor;
  /** `P` on the support, `[a, b, c, d]`. */
  readonly #slope: Float64Array;
  readonly #inputs: Gram | undefined;
  readonly #outputs: Gram | undefined;
  /** For each row of the factor, the rows whose errors meet its own. */
  readonly #met: (readonly number[] | undefined)[] = [];

  constructor(
    rounded: RoundedFactor,
    slope: Float64Array,
    inputs: Gram | undefined,
    outputs: Gram | undefined,
  ) {
    this.#rounded = rounded;
    this.#slope = slope;
    this.#inputs = inputs;
    this.#outputs = outputs;
  }

  /** Sweeps a few times, as long as that is worth while. */
  async run(slicer: TimeSlicer): Promise<void> {
    await sweepOften(() => this.#sweep(slicer));
  }

  /** Moves each number, then each scale. Returns by how much the squared error became smaller. */
  async #sweep(slicer: TimeSlicer): Promise<number> {
    const { a, b, c, d } = this.#rounded.pattern;
    let gained = 0;
    for (let i = 0; i < a; i++) {
      for (let j = 0; j < b; j++) {
        if (slicer.isDue) await slicer.yieldIfDue();
        for (let l = 0; l < c; l++) {
          for (let k = 0; k < d; k++) {
            const place = ((i * b + j) * c + l) * d + k;
            gained += this.#moveNumber(place, (i * b + j) * d + k, (i * c + l) * d + k);
          }
        }
      }
    }
    for (let group = 0; group < this.#rounded.groups.length; group++) {
      gained += this.#moveScale(group);
    }
    return gained;
  }

  #moveNumber(place: number, row: number, col: number): number {
    const { grid, numbers } = this.#rounded;
    const scale = this.#rounded.scaleAt(place);
    const curve = entry(this.#outputs, row, row) * entry(this.#inputs, col, col);
    if (scale === 0 || curve === 0) return 0;
    const number = numbers[place] as number;
    const slope = this.#slope[place] as number;
    const better = nearest(number + slope / (curve * scale), grid);
    if (better === number) return 0;
    const change = (better - number) * scale;
    const gain = change * (2 * slope - change * curve);
    if (!(gain > 0)) return 0;
    numbers[place] = better;
    this.#change(change, row, col);
    return gain;
  }

  #moveScale(group: number): number {
    const { grid, numbers, groups, scales, pattern } = this.#rounded;
    const places = groups[group] as Int32Array;
    const rows = Int32Array.from(places, (place) => rowOf(pattern, place));
    const cols = Int32Array.from(places, (place) => colOf(pattern, place));
    let [slope, curve] = [0, 0];
    for (let p = 0; p < places.length; p++) {
      const number = numbers[places[p] as number] as number;
      if (number === 0) continue;
      slope += number * (this.#slope[places[p] as number] as number);
      for (let q = 0; q < places.length; q++) {
        curve +=
          number *
          (numbers[places[q] as number] as number) *
          entry(this.#outputs, rows[p] as number, rows[q] as number) *
          entry(this.#inputs, cols[p] as number, cols[q] as number);
      }
    }
    if (!(curve > 0)) return 0;
    const scale = scales[group] as number;
    const change = grid.scaleNear(scale + slope / curve) - scale;
    const gain = change * (2 * slope - change * curve);
    if (!(gain > 0)) return 0;
    scales[group] = scale + change;
    for (let p = 0; p < places.length; p++) {
      const number = numbers[places[p] as number] as number;
      if (number !== 0) this.#change(change * number, rows[p] as number, cols[p] as number);
    }
    return gain;
  }

  /** The slope after the value at a row and a column has grown by so much. */
  #change(change: number, row: number, col: number): void {
    const { b, c, d } = this.#rounded.pattern;
    const slope = this.#slope;
    for (const met of this.#metBy(row)) {
      const k = met % d;
      const above = (met - k) / d;
      const i = Math.floor(above / b);
      const byRow = change * entry(this.#outputs, met, row);
      if (this.#inputs === undefined) {
        const l = Math.floor((col - i * c * d) / d);
        if (l < 0 || l >= c || col % d !== k) continue;
        const at = (above * c + l) * d + k;
        slope[at] = (slope[at] as number) - byRow;
        continue;
      }
      const { values, size } = this.#inputs;
      let from = col * size + i * c * d + k;
      let at = above * c * d + k;
      for (let l = 0; l < c; l++) {
        slope[at] = (slope[at] as number) - byRow * (values[from] as number);
        from += d;
        at += d;
      }
    }
  }

  #metBy(row: number): readonly number[] {
    const known = this.#met[row];
    if (known !== undefined) return known;
    const found: number[] = [];
    if (this.#outputs === undefined) found.push(row);
    else {
      const { size, values } = this.#outputs;
      for (let other = 0; other < size; other++) {
        if (values[row * size + other] !== 0) found.push(other);
      }
    }
    this.#met[row] = found;
    return found;
  }
}

/** Sweeps as long as the gain is worth while, next to that of the first one. */
export async function sweepOften(sweep: () => Promise<number>): Promise<void> {
  const first = await sweep();
  for (let count = 1; count < SWEEPS; count++) {
    if ((await sweep()) < ENOUGH * first) return;
  }
}

function entry(gram: Gram | undefined, row: number, col: number): number {
  if (gram === undefined) return row === col ? 1 : 0;
  return gram.values[row * gram.size + col] as number;
}
