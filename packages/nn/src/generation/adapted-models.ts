import { PapilioError } from "@papilio/butterfly";
import { describeValue, didYouMean } from "@papilio/butterfly/errors";
import { type Check, having, optional, recordOf, text } from "../arguments/checks.ts";
import type { Decoder } from "../models/decoder.ts";

/** The model with adapters, by the names of these. */
export type AdaptedModels = Readonly<Record<string, Decoder>>;

const decoderCheck = having("a Decoder", "traceStep", "positions", "vocabulary");

/** Refuses what are not {@link AdaptedModels}, or none. */
export const adaptedCheck: Check = optional(recordOf(decoderCheck));

/** Refuses what is no name of an adapter, or none. */
export const adapterNameCheck: Check = optional(text);

/** @throws PapilioError `ADAPTER_MISMATCH` unless all are the model that is generated with, with adapters */
export function requireAdapted(model: Decoder, adapted: AdaptedModels = {}): AdaptedModels {
  const [first] = model.namedParameters().values();
  for (const [name, decoder] of Object.entries(adapted)) {
    const [own] = decoder.namedParameters().values();
    if (own === first) continue;
    throw new PapilioError(
      "ADAPTER_MISMATCH",
      `What is given for the adapter ${describeValue(name)} is another model, with weights of its own.`,
      "Give what applyAdapters returns for the same model.",
    );
  }
  return adapted;
}

/**
 * The model with an adapter, or the model itself where none is named.
 *
 * @throws PapilioError `ADAPTER_UNKNOWN` with the names that there are
 */
export function modelWith(
  model: Decoder,
  adapted: AdaptedModels,
  adapter: string | undefined,
): Decoder {
  if (adapter === undefined) return model;
  const found = Object.hasOwn(adapted, adapter) ? adapted[adapter] : undefined;
  if (found !== undefined) return found;
  const names = Object.keys(adapted);
  throw new PapilioError(
    "ADAPTER_UNKNOWN",
    `The generator has no adapter ${describeValue(adapter)}.`,
    names.length === 0
      ? "Give adapters when the generator is created."
      : `${didYouMean(adapter, names)}Use any of ${names.join(", ")}.`,
  );
}
