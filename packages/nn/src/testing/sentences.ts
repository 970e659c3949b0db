import type { Pooling } from "../models/sentence-steps.ts";

/** Vectors of the tokens of three sentences, some of them padding that is far from the others. */
export const SENTENCES: {
  readonly vectors: Float32Array<ArrayBuffer>;
  readonly features: number;
  readonly period: number;
  readonly lengths: Uint32Array<ArrayBuffer>;
} = (() => {
  const [features, period] = [4, 5];
  const lengths = Uint32Array.of(5, 3, 1);
  const vectors = Float32Array.from({ length: lengths.length * period * features }, (_, index) => {
    const token = Math.floor(index / features);
    const padding = token % period >= (lengths[Math.floor(token / period)] as number);
    return padding ? 1e3 : Math.sin(1 + 7 * index) * (1 + (index % 3));
  });
  return { vectors, features, period, lengths };
})();

/** Source: `Pooling.forward` of sentence-transformers, written out. Vectors of each sentence. */
export function pooledInFloat64(pooling: Pooling): number[][] {
  const { vectors, features, period, lengths } = SENTENCES;
  return Array.from(lengths, (length, sentence) =>
    Array.from({ length: features }, (_, feature) => {
      const values = Array.from(
        { length },
        (_, token) => vectors[(sentence * period + token) * features + feature] as number,
      );
      const sum = (weight: (token: number) => number): number =>
        values.reduce((total, value, token) => total + weight(token) * value, 0);
      switch (pooling) {
        case "max":
          return Math.max(...values);
        case "mean":
          return sum(() => 1) / length;
        case "mean-sqrt-length":
          return sum(() => 1) / Math.sqrt(length);
        case "weighted-mean":
          return (
            sum((token) => token + 1) / values.reduce((total, _, token) => total + token + 1, 0)
          );
        default:
          return values[0] as number;
      }
    }),
  );
}
