import { requireObject, requireWhole } from "@papilio/butterfly/errors";
import { STEP_SETTINGS } from "../wasm/kernel-ids.ts";
import { floatWord, type KernelCall } from "./kernel-call.ts";
import { requireAtLeastZero, vectorsOperand, wordsOperand } from "./problem.ts";

/** Numbers that the updates of a step have in common. */
export const SETTINGS = 5;

export interface StepSettingsProblem {
  /** How many numbers have the sum of the squares of all gradients as their sum: what `sumOfSquares` writes of each. */
  readonly parts: number;
  /** The largest norm of all gradients together, above which they are scaled down to it; any unless given. */
  readonly clip?: number | undefined;
}

/**
 * What the updates of a step have in common. Operands: the parts of the sum of squares, the loss, what the step is given,
 * and the settings that it writes, five numbers both: the learning rate; what gradients are multiplied by; the
 * corrections `c₁` and `c₂` of AdamW; and, of what is given, whether `accumulate` keeps the sums of the runs before, or, of
 * the settings, the norm of all gradients, multiplied, before it is clipped.
 *
 * The settings are what is given, with gradients clipped; the learning rate is -1, at which nothing is updated, where the
 * loss or the norm is not finite.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function stepSettings(problem: StepSettingsProblem): KernelCall {
  requireObject("The problem", problem, "a StepSettingsProblem");
  const { parts, clip } = problem;
  requireWhole("The number of parts", parts, 1);
  if (clip !== undefined) requireAtLeastZero("The largest norm", clip);
  const five = { vectors: 1, features: SETTINGS };
  return {
    kernel: STEP_SETTINGS,
    label: `settings of a step by ${parts} parts`,
    items: 1,
    scratchBytes: 0,
    operands: [
      wordsOperand("parts", parts),
      vectorsOperand("loss", "read", "tiles", { vectors: 1, features: 1 }),
      vectorsOperand("given", "read", "tiles", five),
      vectorsOperand("settings", "write", "tiles", five),
    ],
    words: ([part = 0, loss = 0, given = 0, settings = 0]) => [
      ...[part, parts, loss, given, settings],
      floatWord(clip ?? Number.POSITIVE_INFINITY),
    ],
    flops: parts,
    bytes: 4 * parts,
  };
}
