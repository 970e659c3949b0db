import { bertStateDict, gpt2StateDict, vitStateDict } from "@papilio/nn/models";
import type { StateDict } from "@papilio/nn/weights";

/** Tensors by the parameters that they, or parts of them, become. */
export function byParameters(type: string, state: StateDict): StateDict {
  if (type === "gpt2") return gpt2StateDict(state);
  if (type === "vit") return vitStateDict(state);
  return type === "bert" ? bertStateDict(state) : state;
}
