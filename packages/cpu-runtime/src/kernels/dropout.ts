import { requireObject } from "@papilio/butterfly/errors";
import { type Dropout, dropoutThreshold, requireWord } from "@papilio/butterfly/numeric";
import { DROPOUT } from "../wasm/kernel-ids.ts";
import { floatWord, type KernelCall } from "./kernel-call.ts";
import { vectorItems } from "./lane-groups.ts";
import { vectorsBytes } from "./layout.ts";
import { requireVectorsShape, type VectorsShape, vectorsOperand, wordsOperand } from "./problem.ts";

/** Numbers of an item, about: some tens of microseconds. */
const ITEM_NUMBERS = 2 ** 14;

export type DropoutProblem = VectorsShape & Dropout;

/**
 * Numbers become 0 at random, and the others are divided by the share that is kept (Srivastava et al., 2014). Which ones
 * is drawn as by `dropoutKeeps` of `@papilio/butterfly/numeric`: the same everywhere. Operands: seed (one u32), x and y.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function dropout(problem: DropoutProblem): KernelCall {
  requireObject("The problem", problem, "a DropoutProblem");
  requireVectorsShape(problem);
  const { vectors, features, rate, stream } = problem;
  requireWord("The stream", stream);
  const threshold = dropoutThreshold(rate);
  const { items, tilesEach } = vectorItems(problem, ITEM_NUMBERS);
  return {
    kernel: DROPOUT,
    label: `dropout ${vectors} x ${features}`,
    items,
    scratchBytes: 0,
    operands: [
      wordsOperand("seed", 1),
      vectorsOperand("x", "read", "tiles", problem),
      vectorsOperand("y", "write", "tiles", problem),
    ],
    words: ([seed = 0, x = 0, y = 0]) => [
      ...[seed, x, y, vectors, features, tilesEach, stream, threshold],
      floatWord(1 / (1 - rate)),
    ],
    flops: vectors * features,
    bytes: 2 * vectorsBytes("tiles", vectors, features),
  };
}
