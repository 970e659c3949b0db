import { requireBoolean, requireObject, requireOneOf } from "@papilio/butterfly/errors";
import { NORMALIZE } from "../wasm/kernel-ids.ts";
import { L2_NORM, LAYER_NORM, RMS_NORM } from "../wasm/kernel-options.ts";
import { floatWord, type KernelCall } from "./kernel-call.ts";
import { tileCount, tileWidth, vectorsBytes } from "./layout.ts";
import {
  requireAtLeastZero,
  requireVectorsShape,
  type VectorsShape,
  vectorsOperand,
  wordsOperand,
} from "./problem.ts";

/** A normalization of each vector, as PyTorch's of the same name. */
export interface NormalizeProblem extends VectorsShape {
  /**
   * With `n` features: `"layer"` is `(x - mean) / √(variance + epsilon)`, the variance over `n`;
   * `"rms"` is `x / √(mean of x² + epsilon)`; `"l2"` is `x / max(‖x‖, epsilon)`.
   */
  readonly norm: "layer" | "rms" | "l2";
  readonly epsilon: number;
  /** Whether each feature is multiplied by a weight, and then added to. */
  readonly weight: boolean;
  readonly bias: boolean;
}

const NORMS = { layer: LAYER_NORM, rms: RMS_NORM, l2: L2_NORM } as const;

/** Numbers of an item, about: three passes over them take some microseconds. */
const ITEM_NUMBERS = 16384;

/**
 * Operands: x, y, then weight and bias if there are any, `[features]` in float32 each. The variance is the mean of
 * squared distances to the mean, in a pass of its own, so that it does not cancel.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function normalize(problem: NormalizeProblem): KernelCall {
  requireObject("The problem", problem, "a NormalizeProblem");
  const { vectors, features, norm, epsilon, weight, bias } = problem;
  requireVectorsShape(problem);
  const number = normNumber(norm);
  requireAtLeastZero("Epsilon", epsilon);
  requireBoolean("Whether there is a weight", weight);
  requireBoolean("Whether there is a bias", bias);
  const tilesEach = Math.max(1, Math.floor(ITEM_NUMBERS / (tileWidth(vectors) * features)));
  return {
    kernel: NORMALIZE,
    label: `${norm} normalization ${vectors} x ${features}`,
    items: Math.ceil(tileCount(vectors) / tilesEach),
    scratchBytes: 0,
    operands: [
      vectorsOperand("x", "read", "tiles", problem),
      vectorsOperand("y", "write", "tiles", problem),
      ...(weight ? [wordsOperand("weight", features)] : []),
      ...(bias ? [wordsOperand("bias", features)] : []),
    ],
    words: ([x = 0, y = 0, ...parameters]) => {
      const weightAt = weight ? (parameters.shift() as number) : 0;
      const biasAt = bias ? (parameters.shift() as number) : 0;
      return [
        ...[x, y, weightAt, biasAt, vectors, features, number],
        ...[floatWord(epsilon), tilesEach],
      ];
    },
    flops: 8 * vectors * features,
    bytes: 2 * vectorsBytes("tiles", vectors, features),
  };
}

/**
 * The number of a norm for kernels.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function normNumber(norm: NormalizeProblem["norm"]): number {
  requireOneOf("The norm", norm, Object.keys(NORMS));
  return NORMS[norm];
}
