import { PapilioError } from "@papilio/butterfly";
import { requireArray, requireList, requireObject, requireWhole } from "@papilio/butterfly/errors";
import type { Parameter } from "../modules/parameter.ts";
import type { LossScaleState } from "./loss-scale.ts";
import { keepsSquares, type OptimizerKind } from "./optimizer.ts";

/** All that a trainer needs to go on from where another one was. Lists have an array for each parameter. */
export interface TrainerState {
  /** Steps that were taken. */
  readonly steps: number;
  readonly parameters: readonly Float32Array[];
  readonly momentum: readonly Float32Array[];
  /** Of Adam and AdamW; empty for others. */
  readonly squares: readonly Float32Array[];
  /** In half precision. */
  readonly lossScale?: LossScaleState;
}

/** @throws PapilioError `OPTION_INVALID`, `ARRAY_TYPE`; `TRAINER_STATE` unless it is of a trainer of these parameters */
export function requireTrainerState(
  state: TrainerState,
  parameters: readonly Parameter[],
  kind: OptimizerKind,
): void {
  requireObject("The state of a trainer", state, "what state() resolves with");
  requireWhole("The number of steps", state.steps, 0);
  if (state.lossScale !== undefined) requireLossScale(state.lossScale);
  for (const list of ["parameters", "momentum", "squares"] as const) {
    const arrays = state[list];
    requireList(`${list} of the state`, arrays);
    const expected = list === "squares" && !keepsSquares(kind) ? [] : parameters;
    if (arrays.length !== expected.length) {
      throw misfit(`${list} has ${arrays.length} arrays instead of ${expected.length}`);
    }
    for (const [at, array] of arrays.entries()) {
      requireArray(`${list}[${at}] of the state`, array, "Float32Array");
      const { length } = expected[at] as Parameter;
      if (array.length === length) continue;
      throw misfit(`${list}[${at}] has ${array.length} numbers instead of ${length}`);
    }
  }
}

/** @throws PapilioError `OPTION_INVALID` */
export function requireLossScale(state: LossScaleState): void {
  requireObject("The scale of the loss", state, "a LossScaleState", "scale", "steps");
  requireWhole("The scale of the loss", state.scale, 1);
  requireWhole("The steps of the scale", state.steps, 0);
}

function misfit(problem: string): PapilioError {
  return new PapilioError(
    "TRAINER_STATE",
    `The state is not of a trainer of these parameters: ${problem}.`,
    "Give the parameters in the same order, and the same kind of optimizer.",
  );
}
