import {
  KroneckerSparse,
  multiply,
  stridesOf,
  uniform,
  type Verification,
  verify,
} from "@papilio/butterfly";
import { quantize, type Tensor } from "@papilio/gpu-runtime";
import type { Case } from "./case.ts";
import { shuffle } from "./statistics.ts";

/** Products beyond which a sample of the vectors is verified instead of all of them. */
const WHOLE = 2 ** 25;
/** Vectors verified at least: the first, the last, and random ones. */
const SAMPLED = 8;

/** The operands of a case, rounded to its storage type, and the answers to compare with. */
export interface Oracle {
  readonly factor: KroneckerSparse;
  /** Input in the layout of the case. */
  readonly x: Float32Array;
  /** Number of vectors that {@link check} compares. */
  readonly verified: number;
  /** Compares an output with the float64 product, element by element. */
  check(y: Float32Array): Verification;
}

/**
 * Draws the operands of a case and multiplies them in float64. Where that would take longer than
 * the benchmark, a seeded sample of the vectors is multiplied and compared, with all its outputs.
 */
export function createOracle({ pattern, batch, dtype, layout }: Case, seed: number): Oracle {
  const drawn = KroneckerSparse.random(pattern, { seed });
  const factor = new KroneckerSparse(pattern, quantize(drawn.values, dtype));
  const next = uniform(seed + 1);
  const x = quantize(Float32Array.from({ length: batch * pattern.cols }, next), dtype);

  const affordable = Math.max(SAMPLED, Math.floor(WHOLE / pattern.nonZeros));
  const chosen = sample(batch, Math.min(batch, affordable), next);
  const shape = { batch: chosen.length, layout } as const;
  const gather = (from: Float32Array, features: number): Float64Array => {
    const source = stridesOf({ batch, layout }, features);
    const target = stridesOf(shape, features);
    const gathered = new Float64Array(chosen.length * features);
    chosen.forEach((vector, position) => {
      for (let f = 0; f < features; f++) {
        gathered[position * target.vector + f * target.feature] = from[
          vector * source.vector + f * source.feature
        ] as number;
      }
    });
    return gathered;
  };
  const inputs = gather(x, pattern.cols);
  const reference = multiply(factor, inputs, shape);
  const absolute = new KroneckerSparse(pattern, factor.values.map(Math.abs));
  const magnitude = multiply(absolute, inputs.map(Math.abs), shape);
  return {
    factor,
    x,
    verified: chosen.length,
    check: (y) =>
      verify(gather(y, pattern.rows), reference, magnitude, { dtype, terms: pattern.c }),
  };
}

/** `count` of `total` indices in order, the first and the last among them. */
function sample(total: number, count: number, next: () => number): number[] {
  const inner = shuffle(
    Array.from({ length: Math.max(0, total - 2) }, (_, index) => index + 1),
    next,
  ).slice(0, Math.max(0, count - 2));
  return [...new Set([0, ...inner, total - 1])].slice(0, Math.max(count, 1)).sort((p, q) => p - q);
}

/** The output of a tensor that starts as NaN, so that an element that is not written shows. */
export function poison(y: Tensor): void {
  y.write(new Float32Array(y.length).fill(Number.NaN));
}
