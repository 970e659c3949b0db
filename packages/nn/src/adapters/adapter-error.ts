import { PapilioError } from "@papilio/butterfly";

/** What adapters cannot be read or merged for, with a stable code. */
type AdapterErrorCode =
  | "ADAPTER_SOURCE"
  | "ADAPTER_INVALID"
  | "ADAPTER_UNSUPPORTED"
  | "ADAPTER_MISMATCH";

const FIXES: { readonly [C in AdapterErrorCode]: string } = {
  ADAPTER_SOURCE:
    "Pass a folder with adapter_config.json and adapter_model.safetensors, or a .safetensors file of LyCORIS.",
  ADAPTER_INVALID: "Pass the adapter's files as its library wrote them, all of the same training.",
  ADAPTER_UNSUPPORTED:
    "Use an adapter of LoRA, LoHa, LoKr, OFT or BOFT for linear layers, or merge it with the library that wrote it.",
  ADAPTER_MISMATCH: "Pass the model that the adapter was trained on.",
};

export function adapterError(
  code: AdapterErrorCode,
  message: string,
  cause?: unknown,
): PapilioError {
  return new PapilioError(code, message, FIXES[code], cause === undefined ? undefined : { cause });
}
