import { requireBoolean, requireObject } from "@papilio/butterfly/errors";
import { NORMALIZE_GRADIENT } from "../wasm/kernel-ids.ts";
import { floatWord, type KernelCall } from "./kernel-call.ts";
import { vectorItems } from "./lane-groups.ts";
import { vectorsBytes } from "./layout.ts";
import { type NormalizeProblem, normNumber } from "./normalize.ts";
import {
  requireAtLeastZero,
  requireVectorsShape,
  vectorsOperand,
  wordsOperand,
} from "./problem.ts";

/**
 * With `n` features, `x̂` the normalized vector, `g` the gradient of y times the weight, and `r` what x is divided by:
 * `dx = (g - mean of g - x̂ · mean of g x̂) / r` for `"layer"`, without the first mean for `"rms"`. For `"l2"` it is
 * `(g - x̂ · Σ g x̂) / r`, and `g / r` where a vector is not longer than epsilon.
 */
export type NormalizeGradientProblem = Omit<NormalizeProblem, "bias">;

/** Numbers of an item, about: three passes over two arrays take some tens of microseconds. */
const ITEM_NUMBERS = 16384;
/** Four numbers for each of 16 vectors. */
const SCRATCH_BYTES = 256;

/**
 * Operands: x, dy, dx, then weight if there is one, `[features]` in float32.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function normalizeGradient(problem: NormalizeGradientProblem): KernelCall {
  requireObject("The problem", problem, "a NormalizeGradientProblem");
  const { vectors, features, norm, epsilon, weight } = problem;
  requireVectorsShape(problem);
  const number = normNumber(norm);
  requireAtLeastZero("Epsilon", epsilon);
  requireBoolean("Whether there is a weight", weight);
  const { items, tilesEach } = vectorItems(problem, ITEM_NUMBERS);
  return {
    kernel: NORMALIZE_GRADIENT,
    label: `gradient of ${norm} normalization ${vectors} x ${features}`,
    items,
    scratchBytes: SCRATCH_BYTES,
    operands: [
      vectorsOperand("x", "read", "tiles", problem),
      vectorsOperand("dy", "read", "tiles", problem),
      vectorsOperand("dx", "write", "tiles", problem),
      ...(weight ? [wordsOperand("weight", features)] : []),
    ],
    words: ([x = 0, dy = 0, dx = 0, weightAt = 0]) => [
      ...[x, dy, dx, weightAt, vectors, features, number],
      ...[floatWord(epsilon), tilesEach],
    ],
    flops: 16 * vectors * features,
    bytes: 3 * vectorsBytes("tiles", vectors, features),
  };
}
