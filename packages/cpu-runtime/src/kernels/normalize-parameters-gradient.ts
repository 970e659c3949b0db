import { requireBoolean, requireObject } from "@papilio/butterfly/errors";
import { NORMALIZE_PARAMETERS_GRADIENT } from "../wasm/kernel-ids.ts";
import { floatWord, type KernelCall } from "./kernel-call.ts";
import { tileCount, tileWidth, vectorsBytes } from "./layout.ts";
import { type NormalizeProblem, normNumber } from "./normalize.ts";
import {
  requireAtLeastZero,
  requireVectorsShape,
  type VectorsShape,
  vectorsOperand,
} from "./problem.ts";

/** `Σ dy x̂` over all vectors, with `x̂` the normalized x: the gradient of the weight; and `Σ dy`, that of the bias. */
export interface NormalizeParametersGradientProblem extends Omit<NormalizeProblem, "weight"> {
  /** Whether the gradient of the bias is computed too. */
  readonly bias: boolean;
}

/** Numbers of an item, about. */
const ITEM_NUMBERS = 32768;
/** Items at most: each writes sums of its own, which are added later. */
const MOST_ITEMS = 64;

/**
 * Sums of parts of the vectors, in a pass over x and dy; the sum over the vectors of `parts` is the gradient. Operands:
 * x, dy, and parts, {@link normalizeGradientParts} vectors whose features are those of the weight, then, with a bias,
 * those of the bias. How the vectors are divided depends on their shape alone.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function normalizeParametersGradient(
  problem: NormalizeParametersGradientProblem,
): KernelCall {
  requireObject("The problem", problem, "a NormalizeParametersGradientProblem");
  const { vectors, features, norm, epsilon, bias } = problem;
  const items = normalizeGradientParts(problem);
  const number = normNumber(norm);
  requireAtLeastZero("Epsilon", epsilon);
  requireBoolean("Whether there is a bias", bias);
  const columns = bias ? 2 * features : features;
  return {
    kernel: NORMALIZE_PARAMETERS_GRADIENT,
    label: `gradient of ${norm} normalization's parameters ${vectors} x ${features}`,
    items,
    scratchBytes: 16 * columns,
    operands: [
      vectorsOperand("x", "read", "tiles", problem),
      vectorsOperand("dy", "read", "tiles", problem),
      vectorsOperand("parts", "write", "tiles", { vectors: items, features: columns }),
    ],
    words: ([x = 0, dy = 0, parts = 0]) => [
      ...[x, dy, parts, vectors, features, number, floatWord(epsilon)],
      ...[bias ? 1 : 0, tilesOfPart(problem), items],
    ],
    flops: 10 * vectors * features,
    bytes: 2 * vectorsBytes("tiles", vectors, features),
  };
}

/**
 * Vectors of the sums that {@link normalizeParametersGradient} writes.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function normalizeGradientParts(shape: VectorsShape): number {
  requireObject("The shape", shape, "an object of vectors and features");
  requireVectorsShape(shape);
  return Math.ceil(tileCount(shape.vectors) / tilesOfPart(shape));
}

function tilesOfPart({ vectors, features }: VectorsShape): number {
  const tiles = Math.floor(ITEM_NUMBERS / (tileWidth(vectors) * features));
  return Math.max(1, tiles, Math.ceil(tileCount(vectors) / MOST_ITEMS));
}
