import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import { type AttentionProblem, attentionStrides } from "../kernels/attention/problem.ts";

/** One number of the output in float64, and how far a kernel's may be from it before it is stored. */
export interface AttentionReference {
  /** Where it lies in y. */
  readonly index: number;
  readonly reference: number;
  readonly bound: number;
}

/** What a kernel of attention reads. */
export interface AttentionData {
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
  /** The position of the first query, where the problem has one. */
  readonly at?: number | undefined;
  /** How many keys of each sequence count, where the problem has lengths. */
  readonly counts?: readonly number[] | undefined;
  /** Where a vector of k and of v lies, where it is in a pool. */
  readonly placeOf?: ((vector: number) => number) | undefined;
}

export interface AttentionReferenceOptions {
  /** How the kernel stores weights; `f32` unless given. */
  readonly weights?: "f32" | "f16" | undefined;
  /**
   * Which outputs: numbers `(sequence * queries + query) * heads + head`, each of which is `headFeatures`
   * outputs. All unless given.
   */
  readonly rows?: readonly number[] | undefined;
}

/** An output that is furthest from the reference, in parts of what is allowed. */
export interface WorstOutput {
  /** At most 1 where all outputs are right; NaN where one is. */
  readonly ratio: number;
  /** Where it lies in y; -1 without any. */
  readonly index: number;
  readonly actual: number;
  readonly reference: number;
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
export function attentionReference(
  problem: AttentionProblem,
  data: AttentionData,
  { weights = "f32", rows }: AttentionReferenceOptions = {},
): AttentionReference[] {
  const { sequences, queries, heads } = problem;
  const all = rows ?? Array.from({ length: sequences * queries * heads }, (_, row) => row);
  return all.flatMap((row) => outputsOf(problem, data, row, weights));
}

/** The worst output of a kernel: within the bound, and what rounding to the type of y may add. */
export function worstOutput(
  output: Float32Array,
  expected: readonly AttentionReference[],
  dtype: "f32" | "f16",
): WorstOutput {
  const stored = FLOAT_FORMATS[dtype];
  let worst: WorstOutput = { ratio: 0, index: -1, actual: 0, reference: 0 };
  for (const { index, reference, bound } of expected) {
    const rounding = dtype === "f16" ? stored.epsilon * Math.abs(reference) : 0;
    const allowed = bound * (1 + stored.epsilon) + rounding + stored.smallestNormal;
    const actual = output[index] as number;
    const ratio = Math.abs(actual - reference) / allowed;
    // Also where it is NaN.
    if (!(ratio <= worst.ratio)) worst = { ratio, index, actual, reference };
    if (Number.isNaN(ratio)) break;
  }
  return worst;
}

/** The outputs of a head for a query. */
function outputsOf(
  problem: AttentionProblem,
  data: AttentionData,
  row: number,
  stored: "f32" | "f16",
): AttentionReference[] {
  const { queries, keys, heads, keyValueHeads, headFeatures: size, scale } = problem;
  const { at, counts, placeOf = (vector): number => vector } = data;
  const stride = attentionStrides(problem);
  const number = (name: "q" | "k" | "v", vector: number, feature: number): number =>
    data[name][vector * stride[name].vector + feature * stride[name].feature] as number;
  const [weightError, lost] =
    stored === "f32" ? [0, smallestNormal] : [FLOAT_FORMATS.f16.epsilon, SMALLEST_HALF];
  const h = row % heads;
  const vector = Math.floor(row / heads);
  const t = vector % queries;
  const s = Math.floor(vector / queries);
  const offset = problem.position ? (at as number) : keys - queries;
  const seen = Math.min(
    keys,
    counts?.[s] ?? keys,
    problem.position ? offset + queries : keys,
    problem.causal ? Math.max(t + offset + 1, 0) : keys,
  );
  const shared = Math.floor((h * keyValueHeads) / heads);
  const scores = new Float64Array(seen);
  let scoreError = 0;
  for (let u = 0; u < seen; u++) {
    let magnitude = 0;
    for (let f = 0; f < size; f++) {
      const product =
        number("q", vector, h * size + f) * number("k", placeOf(s * keys + u), shared * size + f);
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
  return Array.from({ length: size }, (_, f) => {
    let sum = 0;
    let magnitude = 0;
    let largest = 0;
    for (let u = 0; u < seen; u++) {
      const value = number("v", placeOf(s * keys + u), shared * size + f);
      sum += (weights[u] as number) * value;
      magnitude += Math.abs((weights[u] as number) * value);
      largest = Math.max(largest, Math.abs(value));
    }
    return {
      index: vector * stride.y.vector + (h * size + f) * stride.y.feature,
      reference: seen === 0 ? 0 : sum / total,
      // Weights below the smallest normal number may count as zeros.
      bound:
        seen === 0 ? 0 : (Math.expm1(2 * relative) * magnitude) / total + 2 * seen * lost * largest,
    };
  });
}
