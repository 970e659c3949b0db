import { uniform } from "@papilio/butterfly/numeric";
import {
  type AttentionProblem,
  attention,
  dividedAttention,
  isOfFew,
} from "../kernels/attention.ts";
import type { Simd } from "../wasm/kernel.ts";
import { runKernel } from "./run-kernel.ts";

/** A problem, and what position and lengths hold. */
export interface AttentionCase extends Omit<AttentionProblem, "position" | "lengths" | "pages"> {
  readonly at?: number | undefined;
  readonly counts?: readonly number[] | undefined;
  /** Vectors of a page, where keys and values are in pages of a pool: in an order that is none of theirs. */
  readonly page?: number | undefined;
}

export type AttentionOperands = Readonly<Record<"q" | "k" | "v", Float32Array>>;

/** Random vectors, each `[vectors, features]`; of `odd`, NaN and infinities in that share of the numbers. */
export function drawAttention(
  given: AttentionCase,
  seed: number,
  odd: number = 0,
): AttentionOperands {
  const { sequences, queries, keys, heads, keyValueHeads, headFeatures } = given;
  const next = uniform(seed);
  const draw = (vectors: number, features: number): Float32Array =>
    Float32Array.from({ length: sequences * vectors * features }, () => {
      const number = next();
      if ((next() + 1) / 2 >= odd) return number;
      return [Number.NaN, Infinity, -Infinity][Math.floor(Math.abs(number) * 3)] ?? Number.NaN;
    });
  return {
    q: draw(queries, heads * headFeatures),
    k: draw(keys, keyValueHeads * headFeatures),
    v: draw(keys, keyValueHeads * headFeatures),
  };
}

/** The kernel's outputs that are further from attention in float64 than rounding explains, described. */
export function wrongAttention(
  { at, counts, page, ...rest }: AttentionCase,
  operands: AttentionOperands,
  simd: Simd,
): string[] {
  const pool = page === undefined ? undefined : poolOf(rest, operands, page);
  const problem = {
    ...rest,
    position: at !== undefined,
    lengths: counts !== undefined,
    pages: pool?.pages,
  };
  const indices = {
    ...pool?.operands,
    ...(at === undefined ? {} : { position: Uint32Array.of(at) }),
    ...(counts === undefined ? {} : { lengths: Uint32Array.from(counts) }),
  };
  const results = [runKernel(attention(problem), { ...operands, ...indices }, { simd })];
  if (isOfFew(problem)) {
    const divided = dividedAttention(problem, 3);
    const partials = runKernel(divided.attend, { ...operands, ...indices }, { simd });
    results.push(runKernel(divided.join, { ...partials, ...indices }, { simd }));
  }
  const given = { at, counts, ...rest };
  return results.flatMap(({ y }) => differences(given, operands, y as Float32Array));
}

/** The same keys and values in pages, with one page of NaN that nobody has. */
function poolOf(
  { sequences, keys }: Pick<AttentionProblem, "sequences" | "keys">,
  { k, v }: AttentionOperands,
  size: number,
): {
  readonly pages: NonNullable<AttentionProblem["pages"]>;
  readonly operands: Readonly<Record<"k" | "v", Float32Array>> & { readonly pages: Uint32Array };
} {
  const count = (sequences * keys) / size;
  const pages = Uint32Array.from({ length: count }, (_, index) => count - index);
  const scattered = (rows: Float32Array): Float32Array => {
    const length = rows.length / count;
    const all = new Float32Array(length * (count + 1)).fill(Number.NaN);
    pages.forEach((page, index) => {
      all.set(rows.subarray(index * length, (index + 1) * length), page * length);
    });
    return all;
  };
  return {
    pages: { size, count: count + 1 },
    operands: { k: scattered(k), v: scattered(v), pages },
  };
}

function differences(given: AttentionCase, operands: AttentionOperands, y: Float32Array): string[] {
  return attend(given, operands).flatMap(({ reference, bound }, index) => {
    const number = y[index] as number;
    if (Object.is(number, reference) || Math.abs(number - reference) <= bound) return [];
    return [`element ${index} is ${number} instead of ${reference}, by more than ${bound}`];
  });
}

const EPSILON = 2 ** -24;
const SMALLEST_NORMAL = 2 ** -126;
/** Of `exp2`, in {@link EPSILON}: 1.5 ulp. */
const EXP2 = 3;

/**
 * Attention in float64, from the definition, and how far a kernel's outputs may be from it.
 *
 * The bound: a score is a sum of products and three more roundings (of the scale, of its product with
 * the query, of the difference from the largest), and its error is that of the logarithm of a weight. A
 * weight is a product of powers of two, one for each time that the largest score can have changed. Sums
 * of n terms add n roundings, above and below the line.
 */
function attend(
  { at, counts, ...problem }: AttentionCase,
  { q, k, v }: AttentionOperands,
): { readonly reference: number; readonly bound: number }[] {
  const { sequences, queries, keys, heads, keyValueHeads, headFeatures: size, scale } = problem;
  const offset = at ?? keys - queries;
  const results: { reference: number; bound: number }[] = [];
  for (let vector = 0; vector < sequences * queries; vector++) {
    const [s, t] = [Math.floor(vector / queries), vector % queries];
    const last = problem.causal ? t + offset : offset + queries - 1;
    const seen = Math.max(0, Math.min(keys, last + 1, counts?.[s] ?? keys));
    for (let h = 0; h < heads; h++) {
      const shared = Math.floor((h * keyValueHeads) / heads);
      const of = (array: Float32Array, u: number, f: number): number =>
        array[((s * keys + u) * keyValueHeads + shared) * size + f] as number;
      const scores = new Float64Array(seen);
      let scoreError = 0;
      for (let u = 0; u < seen; u++) {
        let magnitude = 0;
        for (let f = 0; f < size; f++) {
          const product = scale * (q[(vector * heads + h) * size + f] as number) * of(k, u, f);
          scores[u] = (scores[u] as number) + product;
          magnitude += Math.abs(product);
        }
        scoreError = Math.max(scoreError, (size + 3) * EPSILON * magnitude);
      }
      const highest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      const lowest = scores.reduce((a, b) => Math.min(a, b), highest);
      const weights = scores.map((score) => Math.exp(score - highest));
      const total = weights.reduce((a, b) => a + b, 0);
      const rescaled = (EXP2 + 1) * (1 + seen / 64) + highest - lowest;
      const relative = 2 * scoreError + 2 * EPSILON * (seen + rescaled + 4);
      for (let f = 0; f < size; f++) {
        let [sum, magnitude, largest] = [0, 0, 0];
        for (let u = 0; u < seen; u++) {
          const weighed = (weights[u] as number) * of(v, u, f);
          sum += weighed;
          magnitude += Math.abs(weighed);
          largest = Math.max(largest, Math.abs(of(v, u, f)));
        }
        results.push({
          reference: seen === 0 ? 0 : sum / total,
          // Weights below the smallest normal number may count as zeros.
          bound: seen === 0 ? 0 : (relative * magnitude) / total + seen * SMALLEST_NORMAL * largest,
        });
      }
    }
  }
  return results;
}
