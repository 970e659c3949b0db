import { unitLower } from "../linear-algebra/unit-lower.ts";
import type { TimeSlicer } from "../threads/time-slicer.ts";
import type { RoundedFactor } from "./rounded-factor.ts";
import type { Gram } from "./surroundings.ts";

/** What is added to a diagonal, over its mean, so that few samples are not taken for all. */
const DAMPING = 0.01;

/** One side of a block: its places, the least important first, and the factor of its Gram matrix. */
interface Side {
  readonly order: readonly number[];
  /** `L^T`, `[size, size]`, with ones on the diagonal; undefined of the identity. */
  readonly upper: Float64Array | undefined;
}

/**
 * Rounds a factor value by value, each with what the errors before it, in its block, ask of it: the numbers for which
 * `tr(M E G E^T)` is small, `E` the errors of a block, `G` the second moments of what it reads and `M` the Gram matrix of
 * what its outputs are multiplied by. With `M = L D L^T` and `G = L' D' L'^T` that is the sum of squares of
 * `L^T E L'`, weighted by `D` and `D'`; each of its entries has one error that is chosen last.
 *
 * Source: GPTQ (arXiv 2210.17323), as QuIP (arXiv 2307.13304) derives it, on both sides as YAQA (arXiv 2505.22988).
 */
export class ErrorFeedback {
  readonly #inputs: Gram | undefined;
  readonly #outputs: Gram | undefined;
  /** Of the inputs of blocks, by the first of them. */
  readonly #sides = new Map<number, Side>();

  /**
   * @param inputs `G` of the whole factor, by its columns; the identity unless given
   * @param outputs `M`, by its rows; the identity unless given
   */
  constructor(inputs: Gram | undefined, outputs: Gram | undefined) {
    this.#inputs = inputs;
    this.#outputs = outputs;
  }

  /** @param target `[a, b, c, d]`; scales are those of `rounded` */
  async round(rounded: RoundedFactor, target: Float64Array, slicer: TimeSlicer): Promise<void> {
    const { a, b, c, d } = rounded.pattern;
    for (let i = 0; i < a; i++) {
      for (let k = 0; k < d; k++) {
        const first = i * c * d + k;
        const cols = this.#sides.get(first) ?? sideOf(this.#inputs, c, (l) => first + l * d);
        this.#sides.set(first, cols);
        const rows = sideOf(this.#outputs, b, (j) => (i * b + j) * d + k);
        const at = (j: number, l: number): number =>
          ((i * b + (rows.order[j] as number)) * c + (cols.order[l] as number)) * d + k;
        await roundBlock(rounded, { target, at, rows, cols }, slicer);
      }
    }
  }
}

function sideOf(gram: Gram | undefined, size: number, placeOf: (index: number) => number): Side {
  const natural = Array.from({ length: size }, (_, index) => index);
  if (gram === undefined) return { order: natural, upper: undefined };
  const entry = (p: number, q: number): number =>
    gram.values[placeOf(p) * gram.size + placeOf(q)] as number;
  const order = natural.toSorted((p, q) => entry(p, p) - entry(q, q));
  const block = new Float64Array(size * size);
  let trace = 0;
  for (const [p, row] of order.entries()) {
    for (const [q, col] of order.entries()) block[p * size + q] = entry(row, col);
    trace += entry(row, row);
  }
  if (trace === 0) return { order, upper: undefined };
  const damping = (DAMPING * trace) / size;
  for (let p = 0; p < size; p++) {
    block[p * (size + 1)] = (block[p * (size + 1)] as number) + damping;
  }
  const { lower } = unitLower(block, size, damping);
  const upper = block;
  for (let p = 0; p < size; p++) {
    for (let q = 0; q < size; q++) upper[p * size + q] = lower[q * size + p] as number;
  }
  return { order, upper };
}

interface Block {
  readonly target: Float64Array;
  readonly at: (row: number, col: number) => number;
  readonly rows: Side;
  readonly cols: Side;
}

async function roundBlock(
  rounded: RoundedFactor,
  { target, at, rows, cols }: Block,
  slicer: TimeSlicer,
): Promise<void> {
  const [b, c] = [rows.order.length, cols.order.length];
  /** `E`, `[b, c]`, of what is rounded. */
  const errors = new Float64Array(b * c);
  /** `E L'` of a column. */
  const along = new Float64Array(b);
  for (let l = c - 1; l >= 0; l--) {
    if (slicer.isDue) await slicer.yieldIfDue();
    if (cols.upper !== undefined) {
      for (let j = 0; j < b; j++) along[j] = partialDot(cols.upper, l * c, errors, j * c, l + 1, c);
    }
    for (let j = b - 1; j >= 0; j--) {
      const above =
        rows.upper === undefined ? 0 : partialDot(rows.upper, j * b, along, 0, j + 1, b);
      const place = at(j, l);
      const value = target[place] as number;
      const number = rounded.numberOf(place, value + (along[j] as number) + above);
      rounded.numbers[place] = number;
      const error = value - number * rounded.scaleAt(place);
      errors[j * c + l] = error;
      along[j] = (along[j] as number) + error;
    }
    if (cols.upper === undefined) along.fill(0);
  }
}

/** `sum of x[index] * y[index]` for `from <= index < to`, each from its start on. */
function partialDot(
  x: Float64Array,
  startOfX: number,
  y: Float64Array,
  startOfY: number,
  from: number,
  to: number,
): number {
  let sum = 0;
  for (let index = from; index < to; index++) {
    sum += (x[startOfX + index] as number) * (y[startOfY + index] as number);
  }
  return sum;
}
