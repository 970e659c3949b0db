import type { Pattern } from "../pattern/pattern.ts";
import type { TimeSlicer } from "../threads/time-slicer.ts";
import { sweepOften } from "./descend.ts";
import { nearest } from "./grid.ts";
import type { RoundedFactor } from "./rounded-factor.ts";
import { type Gram, rowOf } from "./surroundings.ts";

/**
 * The coordinate descent of `Descent` where every row of the factor meets every other by `M`: what has changed is kept as
 * `E G`, by rows, and the slope of a row, `P - M E G`, is made when its turn comes. A sweep takes `rows^2 c`
 * multiplications and `cols` for each number that moves, not `rows c` for each of these.
 */
export class RowDescent {
  readonly #rounded: RoundedFactor;
  /** `P` at first, on the support, `[a, b, c, d]`. */
  readonly #start: Float64Array;
  /** `E G`, `[rows, cols]`, of the changes `E` since. Columns that rows read together lie together, here and in `G`. */
  readonly #changes: Float64Array;
  readonly #inputs: Gram;
  readonly #outputs: Gram;
  /** Groups within each row, and those of several rows. */
  readonly #within: readonly (readonly number[])[];
  readonly #across: readonly number[];

  constructor(rounded: RoundedFactor, slope: Float64Array, inputs: Gram, outputs: Gram) {
    const { pattern } = rounded;
    const { rows, cols } = pattern;
    this.#rounded = rounded;
    this.#start = slope;
    this.#changes = new Float64Array(rows * cols);
    this.#inputs = together(inputs, pattern);
    this.#outputs = outputs;
    const within: number[][] = Array.from({ length: rows }, () => []);
    const across: number[] = [];
    for (const [group, places] of rounded.groups.entries()) {
      const row = rowOf(pattern, places[0] as number);
      if (places.every((place) => rowOf(pattern, place) === row)) within[row]?.push(group);
      else across.push(group);
    }
    this.#within = within;
    this.#across = across;
  }

  /** Sweeps a few times, as long as that is worth while. */
  async run(slicer: TimeSlicer): Promise<void> {
    await sweepOften(() => this.#sweep(slicer));
  }

  /** Moves the numbers and the scales of each row, then scales of several rows. Returns what the squared error lost. */
  async #sweep(slicer: TimeSlicer): Promise<number> {
    const { pattern } = this.#rounded;
    const { rows, c } = pattern;
    let gained = 0;
    for (let row = 0; row < rows; row++) {
      if (slicer.isDue) await slicer.yieldIfDue();
      const slope = this.#slopeOf(row);
      for (let l = 0; l < c; l++) gained += this.#moveNumber(row, l, slope);
      const slopes = new Map([[row, slope]]);
      for (const group of this.#within[row] ?? []) gained += this.#moveScale(group, slopes);
    }
    for (const group of this.#across) {
      if (slicer.isDue) await slicer.yieldIfDue();
      const places = this.#rounded.groups[group] as Int32Array;
      const read = new Set(Array.from(places, (place) => rowOf(pattern, place)));
      const slopes = new Map([...read].map((row) => [row, this.#slopeOf(row)]));
      gained += this.#moveScale(group, slopes);
    }
    return gained;
  }

  /** Of the `c` values of a row. */
  #slopeOf(row: number): Float64Array {
    const { b, c, d, cols } = this.#rounded.pattern;
    const { size, values } = this.#outputs;
    const k = row % d;
    const firstPlace = this.#placeOf(row, 0);
    const firstCol = (Math.floor(row / (b * d)) * d + k) * c;
    const slope = Float64Array.from({ length: c }, (_, l) => this.#start[firstPlace + l * d] ?? 0);
    for (let other = 0; other < size; other++) {
      const weight = values[row * size + other] as number;
      if (weight === 0) continue;
      for (let l = 0, at = other * cols + firstCol; l < c; l++, at++) {
        slope[l] = (slope[l] as number) - weight * (this.#changes[at] as number);
      }
    }
    return slope;
  }

  #moveNumber(row: number, l: number, slopes: Float64Array): number {
    const { grid, numbers, pattern } = this.#rounded;
    const place = this.#placeOf(row, l);
    const col = columnOf(pattern, place);
    const scale = this.#rounded.scaleAt(place);
    const curve = at(this.#outputs, row, row) * at(this.#inputs, col, col);
    if (scale === 0 || curve === 0) return 0;
    const number = numbers[place] as number;
    const slope = slopes[l] as number;
    const better = nearest(number + slope / (curve * scale), grid);
    const change = (better - number) * scale;
    const gain = change * (2 * slope - change * curve);
    if (!(gain > 0)) return 0;
    numbers[place] = better;
    this.#change(change, row, col, slopes);
    return gain;
  }

  /** @param slopes of the rows of the group */
  #moveScale(group: number, slopes: ReadonlyMap<number, Float64Array>): number {
    const { grid, numbers, groups, scales, pattern } = this.#rounded;
    const members = Array.from(groups[group] as Int32Array, (place) => ({
      number: numbers[place] as number,
      row: rowOf(pattern, place),
      col: columnOf(pattern, place),
      l: Math.floor(place / pattern.d) % pattern.c,
    })).filter(({ number }) => number !== 0);
    let [slope, curve] = [0, 0];
    for (const { number, row, col, l } of members) {
      slope += number * (slopes.get(row)?.[l] as number);
      let sum = 0;
      for (const other of members) {
        sum += other.number * at(this.#outputs, row, other.row) * at(this.#inputs, col, other.col);
      }
      curve += number * sum;
    }
    if (!(curve > 0)) return 0;
    const scale = scales[group] as number;
    const change = grid.scaleNear(scale + slope / curve) - scale;
    const gain = change * (2 * slope - change * curve);
    if (!(gain > 0)) return 0;
    scales[group] = scale + change;
    for (const { number, row, col } of members) {
      this.#change(change * number, row, col, slopes.get(row) as Float64Array);
    }
    return gain;
  }

  /** What has changed, and the slope of its row, after the value at a row and a column has grown by so much. */
  #change(change: number, row: number, col: number, slope: Float64Array): void {
    const { b, c, d, cols } = this.#rounded.pattern;
    const { values } = this.#inputs;
    for (let other = 0, from = col * cols, to = row * cols; other < cols; other++, from++, to++) {
      this.#changes[to] = (this.#changes[to] as number) + change * (values[from] as number);
    }
    const own = change * at(this.#outputs, row, row);
    let from = col * cols + (Math.floor(row / (b * d)) * d + (row % d)) * c;
    for (let l = 0; l < c; l++, from++) {
      slope[l] = (slope[l] as number) - own * (values[from] as number);
    }
  }

  #placeOf(row: number, l: number): number {
    const { c, d } = this.#rounded.pattern;
    const k = row % d;
    return (((row - k) / d) * c + l) * d + k;
  }
}

/** A Gram matrix of columns by the blocks that read them, not in their order. */
function together({ size, values }: Gram, pattern: Pattern): Gram {
  const { c, d } = pattern;
  if (d === 1) return { size, values };
  const placeOf = (col: number): number => {
    const [k, above] = [col % d, Math.floor(col / d)];
    return (Math.floor(above / c) * d + k) * c + (above % c);
  };
  const places = Int32Array.from({ length: size }, (_, col) => placeOf(col));
  const moved = new Float64Array(values.length);
  for (let row = 0; row < size; row++) {
    const to = (places[row] as number) * size;
    for (let col = 0; col < size; col++) {
      moved[to + (places[col] as number)] = values[row * size + col] as number;
    }
  }
  return { size, values: moved };
}

/** The column of a place, by the blocks that read it. */
function columnOf({ b, c, d }: Pattern, place: number): number {
  const [k, l] = [place % d, Math.floor(place / d) % c];
  return (Math.floor(place / (b * c * d)) * d + k) * c + l;
}

function at({ size, values }: Gram, row: number, col: number): number {
  return values[row * size + col] as number;
}
