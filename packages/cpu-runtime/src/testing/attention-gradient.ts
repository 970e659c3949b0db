import { uniform } from "@papilio/butterfly/numeric";
import {
  type AttentionGradientProblem,
  attentionKeysGradient,
  attentionQueriesGradient,
  attentionStatistics,
} from "../kernels/attention-gradient.ts";
import type { Simd } from "../wasm/kernel.ts";
import { SMALLEST, UNIT } from "./expect-within.ts";
import { runKernel } from "./run-kernel.ts";

/** A problem, and what its lengths are. */
export interface AttentionGradientCase extends Omit<AttentionGradientProblem, "lengths"> {
  readonly counts?: readonly number[] | undefined;
}

export type AttentionGradientOperands = Readonly<
  Record<"q" | "k" | "v" | "y" | "dy", Float32Array>
>;

/** A number in float64, and how far that of a kernel may be from it. */
interface Expected {
  readonly reference: Float64Array;
  readonly bound: Float64Array;
}

/** Random vectors, each `[vectors, features]`. The outputs of attention are any too: the gradient is a function of them. */
export function drawAttentionGradient(
  given: AttentionGradientCase,
  seed: number,
): AttentionGradientOperands {
  const { sequences, queries, keys, heads, keyValueHeads, headFeatures } = given;
  const next = uniform(seed);
  const draw = (vectors: number, features: number): Float32Array =>
    Float32Array.from({ length: sequences * vectors * features }, () => next());
  return {
    q: draw(queries, heads * headFeatures),
    k: draw(keys, keyValueHeads * headFeatures),
    v: draw(keys, keyValueHeads * headFeatures),
    y: draw(queries, heads * headFeatures),
    dy: draw(queries, heads * headFeatures),
  };
}

/** Numbers of the kernels that are further from the gradient in float64 than rounding explains, described. */
export function wrongAttentionGradient(
  given: AttentionGradientCase,
  operands: AttentionGradientOperands,
  simd: Simd,
): string[] {
  const { counts, ...rest } = given;
  const problem = { ...rest, lengths: counts !== undefined };
  const lengths = counts === undefined ? {} : { lengths: Uint32Array.from(counts) };
  const { y, ...others } = operands;
  const { q, k, dy } = operands;
  const run = (call: typeof attentionStatistics, given: object): Record<string, Float32Array> =>
    runKernel(call(problem), { ...given, ...lengths }, { simd });
  const { statistics } = run(attentionStatistics, { q, k, y, dy });
  const { dq } = run(attentionQueriesGradient, { ...others, statistics });
  const { dkv } = run(attentionKeysGradient, { ...others, statistics });
  const expected = differentiate(given, operands);
  return Object.entries({ statistics, dq, dkv }).flatMap(([name, found]) =>
    differences(name, found as Float32Array, expected[name as keyof typeof expected]),
  );
}

function differences(name: string, found: Float32Array, { reference, bound }: Expected): string[] {
  return Array.from(found).flatMap((number, index) => {
    const right = reference[index] as number;
    if (Object.is(number, right) || Math.abs(number - right) <= (bound[index] as number)) return [];
    return [`${name}[${index}] is ${number} instead of ${right}, by more than ${bound[index]}`];
  });
}

/** Of `exp2` and of the logarithm, in units: 1.5 ulp. */
const ULPS = 3;

/**
 * The gradient of attention in float64, from the definition, and how far those of the kernels may be from it.
 *
 * The bound: the error of a score, of the logarithm of the sum, and of their difference is that of the logarithm of
 * a weight; sums of n terms add n roundings of their terms' magnitudes.
 */
function differentiate(
  { counts, ...problem }: AttentionGradientCase,
  { q, k, v, y, dy }: AttentionGradientOperands,
): Record<"statistics" | "dq" | "dkv", Expected> {
  const { sequences, queries, keys, heads, keyValueHeads, headFeatures: size, scale } = problem;
  const zeros = (vectors: number, features: number): Expected => ({
    reference: new Float64Array(sequences * vectors * features),
    bound: new Float64Array(sequences * vectors * features),
  });
  const results = {
    statistics: zeros(queries, 2 * heads),
    dq: zeros(queries, heads * size),
    dkv: zeros(keys, 2 * keyValueHeads * size),
  };
  const terms = (queries * heads) / keyValueHeads;
  const add = (to: Expected, index: number, number: number, bound: number): void => {
    to.reference[index] = (to.reference[index] as number) + number;
    to.bound[index] = (to.bound[index] as number) + bound;
  };
  for (let vector = 0; vector < sequences * queries; vector++) {
    const [s, t] = [Math.floor(vector / queries), vector % queries];
    const last = problem.causal ? t + keys - queries : keys - 1;
    const seen = Math.max(0, Math.min(last + 1, counts?.[s] ?? keys));
    for (let h = 0; h < heads; h++) {
      const shared = Math.floor((h * keyValueHeads) / heads);
      const own = (vector * heads + h) * size;
      const at = (u: number): number => ((s * keys + u) * keyValueHeads + shared) * size;
      const mean = dot(dy, own, y, own, size);
      const scores = Array.from({ length: seen }, (_, u) => dot(q, own, k, at(u), size));
      const scoreError =
        (size + 3) * UNIT * Math.max(0, ...scores.map((x) => Math.abs(scale) * x.magnitude));
      const natural = scores.map(({ sum }) => scale * sum);
      const highest = Math.max(...natural);
      const total = natural.reduce((sum, score) => sum + Math.exp(score - highest), 0);
      const logarithm = highest + Math.log(total);
      const range = Math.max(0, ...natural.map((score) => logarithm - score));
      const sumError =
        UNIT * (seen + (ULPS + 1) * (1 + seen / 64) + range + ULPS * Math.log(total + 1) + 4);
      const logarithmError = scoreError + sumError + 2 * UNIT * Math.abs(logarithm);
      const statistic = 2 * (vector * heads + h);
      if (seen > 0) {
        const bound = logarithmError * Math.LOG2E;
        add(results.statistics, statistic, logarithm * Math.LOG2E, bound);
      }
      const meanError = (size + 1) * UNIT * mean.magnitude;
      add(results.statistics, statistic + 1, mean.sum, meanError + SMALLEST);
      for (let u = 0; u < seen; u++) {
        const score = natural[u] as number;
        const weight = Math.exp(score - logarithm);
        const relative =
          scoreError +
          logarithmError +
          UNIT * (ULPS + 2 + Math.abs(score) + Math.abs(score - logarithm));
        const product = dot(dy, own, v, at(u), size);
        const distance = product.sum - mean.sum;
        const distanceError =
          (size + 2) * UNIT * (product.magnitude + mean.magnitude) + UNIT * Math.abs(distance);
        const slope = weight * distance;
        const slopeError =
          1.01 * (weight * (relative + UNIT) * Math.abs(distance) + weight * distanceError) +
          // Weights below the smallest normal number may count as zeros.
          SMALLEST * (1 + Math.abs(distance));
        for (let f = 0; f < size; f++) {
          const [x, key, out] = [q[own + f], k[at(u) + f], dy[own + f]] as [number, number, number];
          const dq = scale * slope * key;
          const dqError = Math.abs(scale * slopeError * key) + (seen + 3) * UNIT * Math.abs(dq);
          add(results.dq, own + f, dq, dqError + SMALLEST);
          const dk = scale * slope * x;
          const dkError = Math.abs(scale * slopeError * x) + (terms + 3) * UNIT * Math.abs(dk);
          const keyed = ((s * keys + u) * 2 * keyValueHeads + shared) * size + f;
          add(results.dkv, keyed, dk, dkError + SMALLEST);
          const dv = weight * out;
          const dvError = (1.01 * relative + (terms + 2) * UNIT) * Math.abs(dv);
          add(
            results.dkv,
            keyed + keyValueHeads * size,
            dv,
            dvError + SMALLEST * (1 + Math.abs(out)),
          );
        }
      }
    }
  }
  return results;
}

function dot(
  x: Float32Array,
  atX: number,
  y: Float32Array,
  atY: number,
  length: number,
): { readonly sum: number; readonly magnitude: number } {
  let [sum, magnitude] = [0, 0];
  for (let index = 0; index < length; index++) {
    const product = (x[atX + index] as number) * (y[atY + index] as number);
    sum += product;
    magnitude += Math.abs(product);
  }
  return { sum, magnitude };
}
