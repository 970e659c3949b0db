import { KroneckerSparse, type Pattern } from "@papilio/butterfly";
import { Parameter } from "../../modules/parameter.ts";
import type { Matrix } from "./matrix.ts";

/** A factor transposed. It has no numbers of its own: whoever asks for them gets a copy of those that the factor has. */
export class TransposedFactor extends Parameter {
  readonly source: Parameter;
  readonly #pattern: Pattern;
  /** By the identity of the source. */
  readonly #identities = new WeakMap<object, object>();

  /** @param pattern of the source */
  constructor(source: Parameter, pattern: Pattern) {
    const { a, b, c, d } = pattern;
    super([a, c, b, d]);
    this.source = source;
    this.#pattern = pattern;
  }

  override get identity(): object {
    const { identity } = this.source;
    const own = this.#identities.get(identity) ?? {};
    this.#identities.set(identity, own);
    return own;
  }

  override get values(): Float32Array {
    return new KroneckerSparse(this.#pattern, this.source.values).transpose()
      .values as Float32Array;
  }
}

/** The parameter that a factor has its numbers of: itself, unless it is transposed. */
export function sourceOf(factor: Parameter): Parameter {
  return factor instanceof TransposedFactor ? factor.source : factor;
}

/** The transposed factor of each parameter that was asked for, so that graphs share what is packed of it. */
const transposed = new WeakMap<Parameter, TransposedFactor>();

/** The transposed matrix: transposed factors in reverse order. */
export function transposedMatrix({ chain, factors }: Matrix): Matrix {
  const turned = chain.patterns.map((pattern, index) => {
    const factor = factors[index] as Parameter;
    const known = transposed.get(factor) ?? new TransposedFactor(factor, pattern);
    transposed.set(factor, known);
    return known;
  });
  return { chain: chain.transpose(), factors: turned.reverse() };
}
