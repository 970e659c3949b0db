import { Chain } from "@papilio/butterfly";
import { ButterflyLinear, dyadic, Linear, type LinearFactory } from "@papilio/nn/layers";

/** Of what the linear layers of a model are made. */
export type LinearKind = "dense" | "half" | "monarch" | "dyadic";

export const LINEAR_KINDS: Readonly<Record<LinearKind, string>> = {
  dense: "dense",
  half: "two factors, at most half of the weights",
  monarch: "Monarch, the fewest weights of two factors",
  dyadic: "dyadic, padded to a power of two",
};

/**
 * What makes the layers of a kind. For `half`, as arXiv 2405.15013 has them in its vision transformer, the two factors
 * with the most weights that are at most half of the dense layer's.
 */
export function layersOf(kind: LinearKind): LinearFactory {
  switch (kind) {
    case "dense":
      return (shape) => new Linear(shape);
    case "dyadic":
      return dyadic;
    case "monarch":
      return (shape) => new ButterflyLinear({ ...shape, ...pairOf(shape, 0) });
    case "half":
      return (shape) => new ButterflyLinear({ ...shape, ...pairOf(shape, 1 / 2) });
  }
}

/** Inputs are padded to a multiple of it, where the number of features divides badly. */
const PADDED = 16;

/**
 * A Monarch pair of a shape, and the features that it is padded from: of the most weights up to a share of the dense
 * layer's, or of the fewest where the share is 0.
 */
function pairOf(
  { inFeatures, outFeatures }: { readonly inFeatures: number; readonly outFeatures: number },
  share: number,
): { weight: Chain; inFeatures: number; outFeatures: number } {
  const [rows, cols] = [outFeatures, inFeatures].map(
    (features) => PADDED * Math.ceil(features / PADDED),
  ) as [number, number];
  const most = share * inFeatures * outFeatures;
  let best: Chain | undefined;
  const smaller = Math.min(rows, cols);
  for (let blocks = 2; blocks < smaller; blocks++) {
    const divides = [smaller, cols, rows].every((size) => size % blocks === 0);
    if (!divides || rows % (smaller / blocks) !== 0) continue;
    const ranks = share === 0 ? 1 : smaller;
    for (let rank = 1; rank <= ranks; rank *= 2) {
      const chain = Chain.monarch({ rows, cols, blocks, rank });
      const fits = share === 0 || chain.nonZeros <= most;
      const better =
        best === undefined ||
        (share === 0 ? chain.nonZeros < best.nonZeros : chain.nonZeros > best.nonZeros);
      if (fits && better) best = chain;
    }
  }
  if (best === undefined) throw new Error(`No pair of factors suits ${rows} x ${cols}.`);
  return { weight: best, inFeatures, outFeatures };
}
