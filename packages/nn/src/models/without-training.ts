import { TRAINING_PREFIX } from "../training/checkpoint.ts";
import type { StateDict } from "../weights/stored-tensor.ts";

/** The weights alone of a checkpoint that has what a trainer goes on from, too. */
export function withoutTraining(state: StateDict): StateDict {
  return new Map([...state].filter(([name]) => !name.startsWith(TRAINING_PREFIX)));
}
