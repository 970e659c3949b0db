import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import { type AttentionProblem, attentionStrides } from "../kernels/attention/problem.ts";

/** One number of the output in float64, and how far a kernel's may be from it before it is stored. */
export interface AttentionReference {
  /** Where it lies in y. */
  readonly index: number;
  readonly reference: number;
  readonly bound: number;
}

const { epsilon, smallestNormal } = FLOAT_FORMATS.f32;
/** Below which a weight that is stored in half precision may count as zero: see the kernel on matrix units. */
const SMALLEST_HALF = FLOAT_FORMATS.f16.smallestNormal / 16384;

/**
 * Attention in float64, from the definition.
 *
 * The bound: a score is a sum of products and two more roundings, and its error is that of the
 * logarithm of a weight. WGSL allows `exp2(x)` an error of `3 + 2|x|` units in the last place (section
 * 15.7.4), and a weight is a product of several, whose `|x|` add up to the range of the scores, one for
 * each time that the maximum can have changed. Sums of `n` terms add `n` roundings, above and below
 * the line. Weights that are rounded to half precision are another term of their relative error, and
 * those below its normal numbers may be zeros.
 */
export function attend(
  problem: AttentionProblem,
  data: Readonly<Record<"q" | "k" | "v", Float32Array>>,
  {
    at,
    counts,
    weights: stored = "f32",
    placeOf = (vector) => vector,
  }: {
    readonly at?: number | undefined;
    readonly counts?: readonly number[] | undefined;
    /** How weights are stored. */
    readonly weights?: "f32" | "f16" | undefined;
    /** Where a vector of k and of v lies, where it is in a pool. */
    readonly placeOf?: ((vector: number) => number) | undefined;
  },
): AttentionReference[] {
  const { sequences, queries, keys, heads, keyValueHeads, headFeatures: size, scale } = problem;
  const stride = attentionStrides(problem);
  const number = (name: "q" | "k" | "v", vector: number, feature: number): number =>
    data[name][vector * stride[name].vector + feature * stride[name].feature] as number;
  const results: AttentionReference[] = [];
  const [weightError, lost] =
    stored === "f32" ? [0, smallestNormal] : [FLOAT_FORMATS.f16.epsilon, SMALLEST_HALF];
  for (let s = 0; s < sequences; s++) {
    for (let t = 0; t < queries; t++) {
      const offset = problem.position ? (at as number) : keys - queries;
      const seen = Math.min(
        keys,
        counts?.[s] ?? keys,
        problem.position ? offset + queries : keys,
        problem.causal ? Math.max(t + offset + 1, 0) : keys,
      );
      for (let h = 0; h < heads; h++) {
        const shared = Math.floor((h * keyValueHeads) / heads);
        const scores = new Float64Array(seen);
        let scoreError = 0;
        for (let u = 0; u < seen; u++) {
          let magnitude = 0;
          for (let f = 0; f < size; f++) {
            const product =
              number("q", s * queries + t, h * size + f) *
              number("k", placeOf(s * keys + u), shared * size + f);
            scores[u] = (scores[u] as number) + scale * product;
            magnitude += Math.abs(scale * product);
          }
          scoreError = Math.max(scoreError, (size + 3) * epsilon * magnitude);
        }
        const highest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
        const lowest = scores.reduce((a, b) => Math.min(a, b), highest);
        const weights = scores.map((score) => Math.exp(score - highest));
        const total = weights.reduce((a, b) => a + b, 0);
        const range = (highest - lowest) / Math.LN2;
        const relative =
          2 * scoreError + weightError + epsilon * (4 * (seen + 1) + 2 * range + 2 * seen + 8);
        for (let f = 0; f < size; f++) {
          let sum = 0;
          let magnitude = 0;
          let largest = 0;
          for (let u = 0; u < seen; u++) {
            const value = number("v", placeOf(s * keys + u), shared * size + f);
            sum += (weights[u] as number) * value;
            magnitude += Math.abs((weights[u] as number) * value);
            largest = Math.max(largest, Math.abs(value));
          }
          results.push({
            index: (s * queries + t) * stride.y.vector + (h * size + f) * stride.y.feature,
            reference: seen === 0 ? 0 : sum / total,
            // Weights below the smallest normal number may count as zeros.
            bound:
              seen === 0
                ? 0
                : (Math.expm1(2 * relative) * magnitude) / total + 2 * seen * lost * largest,
          });
        }
      }
    }
  }
  return results;
}
