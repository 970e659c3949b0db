import type { Activation } from "@papilio/butterfly/numeric";
import {
  ELU,
  GELU,
  GELU_TANH,
  IDENTITY,
  LEAKY_RELU,
  RELU,
  SIGMOID,
  SILU,
  TANH,
} from "../wasm/kernel-options.ts";
import { floatWord } from "./kernel-call.ts";

/** The two words that calls have for an activation: its number, and its parameter. */
export function activationWords(activation: Activation | undefined): readonly [number, number] {
  const [id, parameter = 0] = numbersOf(activation);
  return [id, floatWord(parameter)];
}

function numbersOf(activation: Activation | undefined): readonly [id: number, parameter?: number] {
  switch (activation?.kind) {
    case undefined:
      return [IDENTITY];
    case "relu":
      return [RELU, activation.upper ?? Number.POSITIVE_INFINITY];
    case "leaky-relu":
      return [LEAKY_RELU, activation.negativeSlope];
    case "elu":
      return [ELU, activation.alpha];
    case "gelu":
      return [activation.approximate === "tanh" ? GELU_TANH : GELU];
    case "silu":
      return [SILU];
    case "sigmoid":
      return [SIGMOID];
    case "tanh":
      return [TANH];
  }
}

/** Arithmetic of an activation of a number, roughly. */
export function activationFlops(activation: Activation | undefined): number {
  switch (activation?.kind) {
    case undefined:
      return 0;
    case "relu":
    case "leaky-relu":
      return 2;
    default:
      return 30;
  }
}
