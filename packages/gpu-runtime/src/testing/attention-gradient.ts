import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import type { AttentionGradientProblem } from "../kernels/attention-gradient/problem.ts";

/** Numbers in float64, `[vectors, features]`, and how far those of a kernel may be from them before they are stored. */
export interface Expected {
  readonly reference: Float64Array;
  readonly bound: Float64Array;
}

const { epsilon, smallestNormal } = FLOAT_FORMATS.f32;

/**
 * The gradient of attention in float64, from the definition, of operands that are `[vectors, features]`.
 *
 * The bound: the error of a score, of the logarithm of the sum and of their difference is that of the logarithm of a
 * weight. WGSL allows `exp2(x)` an error of `3 + 2|x|` units in the last place, `log2(x)` one of `2⁻²¹` or three units
 * (section 15.7.4). Sums of n terms add n roundings of their terms' magnitudes.
 */
export function differentiate(
  problem: Omit<AttentionGradientProblem, "shapes" | "dtype" | "lengths">,
  data: Readonly<Record<"q" | "k" | "v" | "y" | "dy", Float32Array>>,
  counts: readonly number[] | undefined,
): Readonly<Record<"statistics" | "dq" | "dkv", Expected>> {
  const { sequences, queries, keys, heads, keyValueHeads, headFeatures: size, scale } = problem;
  const { q, k, v, y, dy } = data;
  const zeros = (vectors: number, features: number): Expected => ({
    reference: new Float64Array(sequences * vectors * features),
    bound: new Float64Array(sequences * vectors * features).fill(smallestNormal),
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
      const products = Array.from({ length: seen }, (_, u) => dot(q, own, k, at(u), size));
      const most = Math.max(0, ...products.map(({ magnitude }) => Math.abs(scale) * magnitude));
      const scoreError = (size + 3) * epsilon * most;
      const scores = products.map(({ sum }) => scale * sum);
      const highest = Math.max(...scores);
      const total = scores.reduce((sum, score) => sum + Math.exp(score - highest), 0);
      const logarithm = highest + Math.log(total);
      const range = Math.max(0, ...scores.map((score) => logarithm - score)) / Math.LN2;
      const powerError = epsilon * (8 + 4 * range);
      const logarithmError =
        scoreError +
        powerError +
        epsilon * (4 * (seen + 1) + 8 * Math.log(total + 1) + 3 * Math.abs(logarithm)) +
        2 ** -21;
      const statistic = 2 * (vector * heads + h);
      if (seen > 0) {
        const bound = logarithmError * Math.LOG2E;
        add(results.statistics, statistic, logarithm * Math.LOG2E, bound);
      }
      const meanError = (size + 1) * epsilon * mean.magnitude;
      add(results.statistics, statistic + 1, mean.sum, meanError);
      for (let u = 0; u < seen; u++) {
        const score = scores[u] as number;
        const weight = Math.exp(score - logarithm);
        const rounding = epsilon * (4 + 2 * Math.abs(score) + Math.abs(score - logarithm));
        const relative = Math.expm1(scoreError + logarithmError + powerError + rounding);
        const product = dot(dy, own, v, at(u), size);
        const distance = product.sum - mean.sum;
        const distanceError = (size + 3) * epsilon * (product.magnitude + mean.magnitude);
        const slope = weight * distance;
        const slopeError =
          weight * ((relative + epsilon) * Math.abs(distance) + (1 + relative) * distanceError) +
          // Weights below the smallest normal number may count as zeros.
          smallestNormal * (1 + Math.abs(distance));
        for (let f = 0; f < size; f++) {
          const [x, key, out] = [q[own + f], k[at(u) + f], dy[own + f]] as [number, number, number];
          const dq = scale * slope * key;
          const dqError = Math.abs(scale * slopeError * key);
          add(results.dq, own + f, dq, dqError + (seen + 4) * epsilon * Math.abs(dq));
          const dk = scale * slope * x;
          const dkError = Math.abs(scale * slopeError * x);
          const place = ((s * keys + u) * 2 * keyValueHeads + shared) * size + f;
          add(results.dkv, place, dk, dkError + (terms + 4) * epsilon * Math.abs(dk));
          const dv = weight * out;
          const dvError = (relative + (terms + 2) * epsilon) * Math.abs(dv);
          const tiny = smallestNormal * Math.abs(out);
          add(results.dkv, place + keyValueHeads * size, dv, dvError + tiny);
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
