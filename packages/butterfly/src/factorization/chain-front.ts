import type { FloatArray } from "../numeric/float-array.ts";
import type { Chain } from "../pattern/chain.ts";
import { roundingOf } from "./bounds.ts";

/** A chain with what it takes and how near it comes. */
export interface ChainPoint {
  readonly chain: Chain;
  /** Stored values over those of the dense matrix. */
  readonly parameters: number;
  /** `|A - B| / |A|` in the Frobenius norm. */
  readonly error: number;
}

/** The chains that no other one beats in both parameters and error. */
export class ChainFront {
  readonly #type: FloatArray;
  readonly #onFront: ((front: readonly ChainPoint[]) => void | Promise<void>) | undefined;
  #points: readonly ChainPoint[] = [];

  /** @param type an array of the precision of the factors */
  constructor(
    type: FloatArray,
    onFront: ((front: readonly ChainPoint[]) => void | Promise<void>) | undefined,
  ) {
    this.#type = type;
    this.#onFront = onFront;
  }

  /** By parameters, ascending. */
  get points(): readonly ChainPoint[] {
    return this.#points;
  }

  /** Whether a chain of these parameters would have to be nearer than this. */
  beats(parameters: number, error: number): boolean {
    return this.#points.some((point) => this.#dominates(point, parameters, error));
  }

  /** The smallest error with at most these parameters; 1, that of zeros, where there is none. */
  errorAt(parameters: number): number {
    return this.#points.reduce(
      (least, point) => (point.parameters <= parameters ? Math.min(least, point.error) : least),
      1,
    );
  }

  /** Lets a chain join unless another one beats it. A chain that is there gets its new error. */
  async add(point: ChainPoint): Promise<void> {
    const others = this.#points.filter(({ chain }) => chain !== point.chain);
    const { parameters, error } = point;
    if (others.some((other) => this.#dominates(other, parameters, error))) {
      this.#points = others;
      return;
    }
    this.#points = [
      ...others.filter((other) => !this.#dominates(point, other.parameters, other.error)),
      point,
    ].sort((p, q) => p.parameters - q.parameters);
    await this.#onFront?.(this.#points);
  }

  /** What is near up to the rounding of its factors is as near as any. */
  #dominates(one: ChainPoint, parameters: number, error: number): boolean {
    if (one.parameters > parameters) return false;
    return one.error <= error || one.error <= roundingOf(one.chain, this.#type);
  }
}
