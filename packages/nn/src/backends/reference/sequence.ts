import type { FloatArray } from "@papilio/butterfly";
import { ZERO_FEATURE } from "@papilio/gpu-runtime";
import type {
  AddPositionsOperation,
  AppendOperation,
  AttentionOperation,
  GatherFeaturesOperation,
  GatherVectorsOperation,
  ReduceVectorsOperation,
  RotaryOperation,
} from "../../graph/operation.ts";
import type { Indices } from "../../graph/value.ts";
import type { CpuContext } from "./context.ts";

function first(position: Indices | undefined, context: CpuContext): number {
  return position === undefined ? 0 : (context.indices(position)[0] as number);
}

export function gatherVectors(
  { source, indices, output }: GatherVectorsOperation,
  context: CpuContext,
): FloatArray {
  const table = "graph" in source ? context.of(source) : source.values;
  const y = context.zeros(output);
  const { features } = output;
  context.indices(indices).forEach((row, vector) => {
    y.set(table.subarray(row * features, (row + 1) * features), vector * features);
  });
  return y;
}

export function gatherFeatures(
  { x, map, output }: GatherFeaturesOperation,
  context: CpuContext,
): FloatArray {
  const values = context.of(x);
  const y = context.zeros(output);
  for (let vector = 0; vector < x.vectors; vector++) {
    map.forEach((feature, index) => {
      if (feature === ZERO_FEATURE) return;
      y[vector * map.length + index] = values[vector * x.features + feature] as number;
    });
  }
  return y;
}

export function addPositions(
  { x, table, period, prepended, position, output }: AddPositionsOperation,
  context: CpuContext,
): FloatArray {
  const values = context.of(x);
  const y = context.zeros(output);
  const { features } = x;
  const start = first(position, context);
  const longer = prepended === undefined ? 0 : 1;
  for (let vector = 0; vector < output.vectors; vector++) {
    const sequence = Math.floor(vector / (period + longer));
    const place = vector % (period + longer);
    for (let feature = 0; feature < features; feature++) {
      const own =
        place < longer
          ? prepended?.values[feature]
          : values[(sequence * period + place - longer) * features + feature];
      const added = table.values[(start + place) * features + feature] as number;
      y[vector * features + feature] = (own as number) + added;
    }
  }
  return y;
}

export function rotary(
  { x, headFeatures, style, cosines, sines, period, position }: RotaryOperation,
  context: CpuContext,
): FloatArray {
  const values = context.of(x);
  const y = context.zeros(x);
  const pairs = headFeatures / 2;
  const start = first(position, context);
  const positions = cosines.shape[0] as number;
  for (let vector = 0; vector < x.vectors; vector++) {
    // Tokens past the table are only there to fill a run: nobody asks for what becomes of them.
    const row = Math.min(start + (vector % period), positions - 1) * pairs;
    for (let head = 0; head < x.features; head += headFeatures) {
      for (let pair = 0; pair < pairs; pair++) {
        const [p, q] = style === "interleaved" ? [2 * pair, 2 * pair + 1] : [pair, pair + pairs];
        const at = vector * x.features + head;
        const [u, v] = [values[at + p] as number, values[at + q] as number];
        const cosine = cosines.values[row + pair] as number;
        const sine = sines.values[row + pair] as number;
        y[at + p] = u * cosine - v * sine;
        y[at + q] = u * sine + v * cosine;
      }
    }
  }
  return y;
}

/** Writes into the state itself, which is the output too. */
export function append({ x, state, position }: AppendOperation, context: CpuContext): FloatArray {
  const kept = context.of(state);
  const start = first(position, context);
  const count = Math.min(x.vectors, state.vectors - start);
  kept.set(context.of(x).subarray(0, count * x.features), start * x.features);
  return kept;
}

export function attention(operation: AttentionOperation, context: CpuContext): FloatArray {
  const { queries, keys, values, sequences, heads, keyValueHeads, scale } = operation;
  const { causal, position, lengths, output } = operation;
  const [q, k, v] = [context.of(queries), context.of(keys), context.of(values)];
  const y = context.zeros(output);
  const headFeatures = queries.features / heads;
  const queriesEach = queries.vectors / sequences;
  const keysEach = keys.vectors / sequences;
  const offset = position === undefined ? keysEach - queriesEach : first(position, context);
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
          (sequence * keysEach + key) * keys.features + keyHead * headFeatures;
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

export function reduceVectors(
  { x, reduce, period, lengths, output }: ReduceVectorsOperation,
  context: CpuContext,
): FloatArray {
  const values = context.of(x);
  const y = context.zeros(output);
  const counts = lengths && context.indices(lengths);
  for (let sequence = 0; sequence < output.vectors; sequence++) {
    const count = counts?.[sequence] ?? period;
    for (let feature = 0; feature < x.features; feature++) {
      y[sequence * x.features + feature] = reduced(reduce, count, (vector) => {
        return values[(sequence * period + vector) * x.features + feature] as number;
      });
    }
  }
  return y;
}

/** The sum, mean or maximum of `count` numbers; 0 of none. */
export function reduced(
  reduce: "mean" | "sum" | "max",
  count: number,
  number: (index: number) => number,
): number {
  if (count === 0) return 0;
  let result = reduce === "max" ? Number.NEGATIVE_INFINITY : 0;
  for (let index = 0; index < count; index++) {
    result = reduce === "max" ? Math.max(result, number(index)) : result + number(index);
  }
  return reduce === "mean" ? result / count : result;
}
