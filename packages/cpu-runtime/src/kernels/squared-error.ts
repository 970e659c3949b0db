import { requireObject } from "@papilio/butterfly/errors";
import { SQUARED_ERROR } from "../wasm/kernel-ids.ts";
import type { KernelCall } from "./kernel-call.ts";
import { vectorItems } from "./lane-groups.ts";
import { vectorsBytes } from "./layout.ts";
import { requireVectorsShape, type VectorsShape, vectorsOperand } from "./problem.ts";

/** Numbers of an item, about. */
const ITEM_NUMBERS = 2 ** 15;

/**
 * The mean of `(x - target)²` over the features of each vector. Operands: x, target, and loss, a number for each vector.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function squaredError(problem: VectorsShape): KernelCall {
  requireObject("The problem", problem, "a VectorsShape");
  requireVectorsShape(problem);
  const { vectors, features } = problem;
  const { items, tilesEach } = vectorItems(problem, ITEM_NUMBERS);
  return {
    kernel: SQUARED_ERROR,
    label: `squared error ${vectors} x ${features}`,
    items,
    scratchBytes: 0,
    operands: [
      vectorsOperand("x", "read", "tiles", problem),
      vectorsOperand("target", "read", "tiles", problem),
      vectorsOperand("loss", "write", "tiles", { vectors, features: 1 }),
    ],
    words: ([x = 0, target = 0, loss = 0]) => [x, target, loss, 0, vectors, features, tilesEach],
    flops: 3 * vectors * features,
    bytes: 2 * vectorsBytes("tiles", vectors, features),
  };
}

/**
 * `dx = 2 (x - target) · loss / features`, with the gradient of each vector's loss; that of the target is the same of
 * both exchanged. Operands: x, target, loss and dx.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function squaredErrorGradient(problem: VectorsShape): KernelCall {
  requireObject("The problem", problem, "a VectorsShape");
  requireVectorsShape(problem);
  const { vectors, features } = problem;
  const { items, tilesEach } = vectorItems(problem, ITEM_NUMBERS);
  return {
    kernel: SQUARED_ERROR,
    label: `gradient of squared error ${vectors} x ${features}`,
    items,
    scratchBytes: 0,
    operands: [
      vectorsOperand("x", "read", "tiles", problem),
      vectorsOperand("target", "read", "tiles", problem),
      vectorsOperand("loss", "read", "tiles", { vectors, features: 1 }),
      vectorsOperand("dx", "write", "tiles", problem),
    ],
    words: ([x = 0, target = 0, loss = 0, dx = 0]) => [
      ...[x, target, loss, dx, vectors, features, tilesEach],
    ],
    flops: 2 * vectors * features,
    bytes: 3 * vectorsBytes("tiles", vectors, features),
  };
}
