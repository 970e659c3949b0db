import { requireBoolean, requireObject } from "@papilio/butterfly/errors";
import { SOFTMAX_GRADIENT } from "../wasm/kernel-ids.ts";
import type { KernelCall } from "./kernel-call.ts";
import { vectorItems } from "./lane-groups.ts";
import { vectorsBytes } from "./layout.ts";
import { requireVectorsShape, vectorsOperand } from "./problem.ts";
import type { SoftmaxProblem } from "./softmax.ts";

/** Numbers of an item, some tens of microseconds. */
const ITEM_NUMBERS = 2 ** 15;

/**
 * From y, which softmax has computed: `dx = y · (dy - Σ y dy)` over the features of each vector; where y is the
 * logarithm, `dx = dy - exp(y) Σ dy`. Operands: y, dy and dx, in tiles.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function softmaxGradient(problem: SoftmaxProblem): KernelCall {
  requireObject("The problem", problem, "a SoftmaxProblem");
  requireVectorsShape(problem);
  const { vectors, features, log } = problem;
  requireBoolean("log", log);
  const { items, tilesEach } = vectorItems(problem, ITEM_NUMBERS);
  return {
    kernel: SOFTMAX_GRADIENT,
    label: `gradient of ${log ? "logarithm of softmax" : "softmax"} ${vectors} x ${features}`,
    items,
    scratchBytes: 0,
    operands: [
      vectorsOperand("y", "read", "tiles", problem),
      vectorsOperand("dy", "read", "tiles", problem),
      vectorsOperand("dx", "write", "tiles", problem),
    ],
    words: ([y = 0, dy = 0, dx = 0]) => [y, dy, dx, vectors, features, log ? 1 : 0, tilesEach],
    flops: (log ? 16 : 4) * vectors * features,
    bytes: 3 * vectorsBytes("tiles", vectors, features),
  };
}
