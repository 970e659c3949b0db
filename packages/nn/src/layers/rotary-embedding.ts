import { anyNumber, number, objectOf, oneOf, optional, text } from "../arguments/checks.ts";
import { indicesCheck } from "../graph/operand-checks.ts";
import type { Indices, Value } from "../graph/value.ts";
import { Parameter } from "../modules/parameter.ts";
import type { RotaryStyle } from "../operations/rotary/operation.ts";
import { rotary } from "../operations/rotary/operation.ts";

export interface RotaryOptions {
  readonly headFeatures: number;
  /** Positions that there are, at most. */
  readonly positions: number;
  /** 10,000 by default. */
  readonly theta?: number;
  readonly style: RotaryStyle;
}

/** Which positions vectors have. */
export interface RotatedSequences {
  readonly path: string;
  /** Vectors of a sequence. */
  readonly period: number;
  /** Of the first vector; 0 without. */
  readonly position?: Indices | undefined;
  /** Positions that there are in a run, where the first one is given; all unless given. */
  readonly context?: number | undefined;
}

const sequencesCheck = objectOf({
  path: text,
  period: anyNumber,
  position: optional(indicesCheck),
  context: optional(anyNumber),
});

/**
 * Angles of the rotary position embedding: pair i of a head turns by `position * theta^(-2i/e)`, for
 * heads of e features. Computed in float64, for the positions that a graph can reach. Not a module:
 * nothing of it is learned.
 *
 * Source: arXiv 2104.09864.
 */
export class RotaryEmbedding {
  readonly #options: RotaryOptions;
  /** Of the last graph, whose length the next one mostly has: the steps of a generator share them. */
  #tables: { readonly cosines: Parameter; readonly sines: Parameter } | undefined;

  constructor(options: RotaryOptions) {
    objectOf({
      headFeatures: anyNumber,
      positions: anyNumber,
      theta: optional(number),
      style: oneOf("interleaved", "halves"),
    })("a rotary embedding", options);
    this.#options = options;
  }

  /**
   * Rotates queries or keys of sequences of `period` vectors that begin at `position`, 0 without, and end
   * before `context`.
   */
  rotate(x: Value, sequences: RotatedSequences): Value {
    sequencesCheck("what is rotated", sequences);
    const { path, period, position, context } = sequences;
    const { headFeatures, style, positions } = this.#options;
    const reached = Math.min(positions, position === undefined ? period : (context ?? positions));
    return rotary(x, { path, headFeatures, style, ...this.#tablesOf(reached), period, position });
  }

  #tablesOf(positions: number): { readonly cosines: Parameter; readonly sines: Parameter } {
    if (this.#tables?.cosines.shape[0] === positions) return this.#tables;
    const { headFeatures, theta = 10000 } = this.#options;
    const pairs = headFeatures / 2;
    const table = (part: (angle: number) => number): Parameter =>
      new Parameter([positions, pairs], (values) => {
        for (let index = 0; index < values.length; index++) {
          const frequency = theta ** (-(index % pairs) / pairs);
          values[index] = part(Math.floor(index / pairs) * frequency);
        }
      });
    this.#tables = { cosines: table(Math.cos), sines: table(Math.sin) };
    return this.#tables;
  }
}
