import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import { firstPosition } from "../shared/positions.ts";
import { type AttentionOperation, keysOfEach } from "./operation.ts";

export function evaluateAttention(
  operation: AttentionOperation,
  context: ReferenceContext,
): FloatArray {
  const { queries, keys, values, sequences, heads, keyValueHeads, scale } = operation;
  const { causal, position, lengths, pages, output } = operation;
  const [q, k, v] = [context.of(queries), context.of(keys), context.of(values)];
  const y = context.zeros(output);
  const headFeatures = queries.features / heads;
  const queriesEach = queries.vectors / sequences;
  const keysEach = keysOfEach(operation);
  const table = pages && context.indices(pages.table);
  const vectorOf = (sequence: number, key: number): number => {
    if (pages === undefined) return sequence * keysEach + key;
    const page = Math.floor((sequence * keysEach + key) / pages.size);
    return (table?.[page] as number) * pages.size + (key % pages.size);
  };
  const offset = position === undefined ? keysEach - queriesEach : firstPosition(position, context);
  const counts = lengths && context.indices(lengths);
  const scores = new Float64Array(keysEach);
  const sums = new Float64Array(headFeatures);
  for (let sequence = 0; sequence < sequences; sequence++) {
    for (let head = 0; head < heads; head++) {
      const keyHead = Math.floor((head * keyValueHeads) / heads);
      for (let query = 0; query < queriesEach; query++) {
        const last = causal ? query + offset : offset + queriesEach - 1;
        const visible = Math.min(keysEach, last + 1, counts?.[sequence] ?? keysEach);
        if (visible <= 0) continue;
        const at = (sequence * queriesEach + query) * queries.features + head * headFeatures;
        const keyAt = (key: number): number =>
          vectorOf(sequence, key) * keys.features + keyHead * headFeatures;
        let most = Number.NEGATIVE_INFINITY;
        for (let key = 0; key < visible; key++) {
          const score = scale * dot(q, at, k, keyAt(key), headFeatures);
          scores[key] = score;
          most = Math.max(most, score);
        }
        let total = 0;
        sums.fill(0);
        for (let key = 0; key < visible; key++) {
          const weight = Math.exp((scores[key] as number) - most);
          total += weight;
          const from = keyAt(key);
          for (let feature = 0; feature < headFeatures; feature++) {
            sums[feature] = (sums[feature] as number) + weight * (v[from + feature] as number);
          }
        }
        for (let feature = 0; feature < headFeatures; feature++) {
          y[at + feature] = (sums[feature] as number) / total;
        }
      }
    }
  }
  return y;
}

function dot(x: FloatArray, atX: number, y: FloatArray, atY: number, length: number): number {
  let sum = 0;
  for (let index = 0; index < length; index++) {
    sum += (x[atX + index] as number) * (y[atY + index] as number);
  }
  return sum;
}
