import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import { largestOf, sumOf } from "../shared/sums.ts";
import type { AttentionGradientOperation } from "./operation.ts";

/** With weights `p`, the gradient of a score is `p (dy v - dy y)`, in a head of a query. */
export function evaluateAttentionGradient(
  operation: AttentionGradientOperation,
  context: ReferenceContext,
): FloatArray {
  const { queries, keys, values, sequences, heads, keyValueHeads, scale, by } = operation;
  const { causal, lengths, output } = operation;
  const [q, k, v] = [context.of(queries), context.of(keys), context.of(values)];
  const [y, dy] = [context.of(operation.y), context.of(operation.dy)];
  const gradients = context.zeros(output);
  const size = queries.features / heads;
  const queriesEach = queries.vectors / sequences;
  const keysEach = keys.vectors / sequences;
  const counts = lengths && context.indices(lengths);
  const add = (at: number, factor: number, x: FloatArray, from: number): void => {
    for (let f = 0; f < size; f++) {
      gradients[at + f] = (gradients[at + f] as number) + factor * (x[from + f] as number);
    }
  };
  for (let query = 0; query < queries.vectors; query++) {
    const sequence = Math.floor(query / queriesEach);
    const last = causal ? (query % queriesEach) + keysEach - queriesEach : keysEach - 1;
    const visible = Math.min(keysEach, last + 1, counts?.[sequence] ?? keysEach);
    if (visible <= 0) continue;
    for (let head = 0; head < heads; head++) {
      const keyHead = Math.floor((head * keyValueHeads) / heads);
      const own = query * queries.features + head * size;
      const places = Array.from(
        { length: visible },
        (_, key) => (sequence * keysEach + key) * keys.features + keyHead * size,
      );
      const scores = Float64Array.from(places, (at) => scale * dot(q, own, k, at, size));
      const most = largestOf(scores);
      const exponentials = scores.map((score) => Math.exp(score - most));
      const total = sumOf(exponentials, (exponential) => exponential);
      const mean = dot(dy, own, y, own, size);
      places.forEach((at, key) => {
        const weight = (exponentials[key] as number) / total;
        const slope = scale * weight * (dot(dy, own, v, at, size) - mean);
        if (by === "queries") {
          add(own, slope, k, at);
          return;
        }
        // A vector has twice the features of a key.
        const to = 2 * at - keyHead * size;
        add(to, slope, q, own);
        add(to + keys.features, weight, dy, own);
      });
    }
  }
  return gradients;
}

function dot(x: FloatArray, atX: number, y: FloatArray, atY: number, length: number): number {
  let sum = 0;
  for (let index = 0; index < length; index++) {
    sum += (x[atX + index] as number) * (y[atY + index] as number);
  }
  return sum;
}
