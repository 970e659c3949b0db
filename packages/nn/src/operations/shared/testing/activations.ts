import type { Activation } from "@papilio/butterfly/numeric";

export const ACTIVATIONS: readonly Activation[] = [
  { kind: "relu" },
  { kind: "relu", upper: 0.5 },
  { kind: "leaky-relu", negativeSlope: 0.2 },
  { kind: "elu", alpha: 1 },
  { kind: "elu", alpha: 0.7 },
  { kind: "gelu", approximate: "none" },
  { kind: "gelu", approximate: "tanh" },
  { kind: "silu" },
  { kind: "sigmoid" },
  { kind: "tanh" },
];
