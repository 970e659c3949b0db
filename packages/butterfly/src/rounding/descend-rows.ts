import type { TimeSlicer } from "../threads/time-slicer.ts";
import { ENOUGH, SWEEPS } from "./descend.ts";
import { inHalf, nearest } from "./grid.ts";
import type { RoundedFactor } from "./rounded-factor.ts";
import type { Gram } from "./surroundings.ts";

/**
 * The coordinate descent of `Descent` for a dense matrix whose rows meet by `M`: `tr(M E H E^T)`, `E = W - B`. `E H` is kept
 * for all rows, and the slope, `M E H`, made of it for one row at a time: a sweep takes `rows^2 cols` multiplications,
 * however many numbers move.
 */
export class RowDescent {
  readonly #rounded: RoundedFactor;
  /** `E H`, `[rows, cols]`. */
  readonly #errors: Float64Array;
  readonly #inputs: Gram;
  readonly #outputs: Gram;
  /** Of each row. */
  readonly #groups: readonly (readonly number[])[];
  /** `M E H` of the row at hand. */
  readonly #slope: Float64Array;

  constructor(rounded: RoundedFactor, errors: Float64Array, inputs: Gram, outputs: Gram) {
    const { rows, cols } = rounded.pattern;
    this.#rounded = rounded;
    this.#errors = errors;
    this.#inputs = inputs;
    this.#outputs = outputs;
    const groups: number[][] = Array.from({ length: rows }, () => []);
    for (const [group, places] of rounded.groups.entries()) {
      const first = Math.floor((places[0] as number) / cols);
      const last = Math.floor((places.at(-1) as number) / cols);
      // The scale of several short rows stays as it is.
      if (first === last) groups[first]?.push(group);
    }
    this.#groups = groups;
    this.#slope = new Float64Array(cols);
  }

  /** Sweeps a few times, as long as that is worth while. */
  async run(slicer: TimeSlicer): Promise<void> {
    const first = await this.#sweep(slicer);
    for (let sweep = 1; sweep < SWEEPS; sweep++) {
      if ((await this.#sweep(slicer)) < ENOUGH * first) return;
    }
  }

  /** Moves the numbers of each row, then its scales. Returns by how much the squared error became smaller. */
  async #sweep(slicer: TimeSlicer): Promise<number> {
    const { rows, cols } = this.#rounded.pattern;
    let gained = 0;
    for (let row = 0; row < rows; row++) {
      if (slicer.isDue) await slicer.yieldIfDue();
      this.#slopeOf(row);
      for (let col = 0; col < cols; col++) gained += this.#moveNumber(row, col);
      for (const group of this.#groups[row] ?? []) gained += this.#moveScale(row, group);
    }
    return gained;
  }

  #slopeOf(row: number): void {
    const { size, values } = this.#outputs;
    const slope = this.#slope.fill(0);
    const cols = slope.length;
    for (let other = 0; other < size; other++) {
      const weight = values[row * size + other] as number;
      if (weight === 0) continue;
      for (let col = 0, at = other * cols; col < cols; col++, at++) {
        slope[col] = (slope[col] as number) + weight * (this.#errors[at] as number);
      }
    }
  }

  #moveNumber(row: number, col: number): number {
    const { grid, numbers } = this.#rounded;
    const place = row * this.#slope.length + col;
    const scale = this.#rounded.scaleAt(place);
    const curve = at(this.#outputs, row, row) * at(this.#inputs, col, col);
    if (scale === 0 || curve === 0) return 0;
    const number = numbers[place] as number;
    const slope = this.#slope[col] as number;
    const better = nearest(number + slope / (curve * scale), grid);
    const change = (better - number) * scale;
    const gain = change * (2 * slope - change * curve);
    if (!(gain > 0)) return 0;
    numbers[place] = better;
    this.#change(change, row, col);
    return gain;
  }

  #moveScale(row: number, group: number): number {
    const { numbers, groups, scales } = this.#rounded;
    const { size, values } = this.#inputs;
    const places = groups[group] as Int32Array;
    const first = row * this.#slope.length;
    let [slope, curve] = [0, 0];
    for (const place of places) {
      const number = numbers[place] as number;
      const col = place - first;
      slope += number * (this.#slope[col] as number);
      let sum = 0;
      for (const other of places) {
        sum += (numbers[other] as number) * (values[col * size + other - first] as number);
      }
      curve += number * sum;
    }
    curve *= at(this.#outputs, row, row);
    if (!(curve > 0)) return 0;
    const scale = scales[group] as number;
    const change = inHalf(scale + slope / curve) - scale;
    const gain = change * (2 * slope - change * curve);
    if (!(gain > 0)) return 0;
    scales[group] = scale + change;
    for (const place of places) {
      const number = numbers[place] as number;
      if (number !== 0) this.#change(change * number, row, place - first);
    }
    return gain;
  }

  /** `E H` and the slope after the value at a row and a column has grown by so much. */
  #change(change: number, row: number, col: number): void {
    const { size, values } = this.#inputs;
    const weight = at(this.#outputs, row, row);
    for (let other = 0, place = row * size; other < size; other++, place++) {
      const lost = change * (values[col * size + other] as number);
      this.#errors[place] = (this.#errors[place] as number) - lost;
      this.#slope[other] = (this.#slope[other] as number) - weight * lost;
    }
  }
}

function at({ size, values }: Gram, row: number, col: number): number {
  return values[row * size + col] as number;
}
