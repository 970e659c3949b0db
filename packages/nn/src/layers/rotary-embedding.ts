import { rotary } from "../graph/functional.ts";
import type { RotaryStyle } from "../graph/operation.ts";
import type { Indices, Value } from "../graph/value.ts";
import { Parameter } from "../modules/parameter.ts";

export interface RotaryOptions {
  readonly headFeatures: number;
  /** Positions that there are. */
  readonly positions: number;
  /** 10,000 by default. */
  readonly theta?: number;
  readonly style: RotaryStyle;
}

/**
 * Angles of the rotary position embedding: pair i of a head turns by `position * theta^(-2i/e)`, for
 * heads of e features. Computed in float64. Not a module: nothing of it is learned.
 *
 * Source: arXiv 2104.09864.
 */
export class RotaryEmbedding {
  readonly #options: RotaryOptions;
  readonly #cosines: Parameter;
  readonly #sines: Parameter;

  constructor(options: RotaryOptions) {
    const { headFeatures, positions, theta = 10000 } = options;
    const pairs = headFeatures / 2;
    const table = (part: (angle: number) => number): Parameter =>
      new Parameter([positions, pairs], (values) => {
        for (let index = 0; index < values.length; index++) {
          const frequency = theta ** (-(index % pairs) / pairs);
          values[index] = part(Math.floor(index / pairs) * frequency);
        }
      });
    this.#options = options;
    this.#cosines = table(Math.cos);
    this.#sines = table(Math.sin);
  }

  /** Rotates queries or keys of sequences of `period` vectors that begin at `position`, 0 without. */
  rotate(
    x: Value,
    { path, period, position }: { path: string; period: number; position?: Indices | undefined },
  ): Value {
    const { headFeatures, style } = this.#options;
    const [cosines, sines] = [this.#cosines, this.#sines];
    return rotary(x, { path, headFeatures, style, cosines, sines, period, position });
  }
}
