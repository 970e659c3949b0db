import { applyAdapters } from "../adapters/apply-adapters.ts";
import { mergeAdapter } from "../adapters/merge-adapter.ts";
import { readAdapter } from "../adapters/read-adapter.ts";
import type { Decoder } from "../models/decoder.ts";
import { adapterFixture } from "./adapter-fixtures.ts";

/** Of testdata/adapters, by what they are. */
export const ADAPTERS = ["peft-lora", "peft-boft", "peft-lokr", "lycoris-oft"] as const;

/** The tiny Llama of the fixtures, it with each of four adapters live, and each adapter merged into a model of its own. */
export function adaptedLlama(): {
  readonly model: Decoder;
  readonly adapters: Readonly<Record<string, Decoder>>;
  merged(adapter: string): Decoder;
} {
  const model = adapterFixture("llama-16/peft-lora").model() as Decoder;
  const read = (decoder: Decoder, name: string) =>
    readAdapter(decoder, adapterFixture(`llama-16/${name}`).files());
  return {
    model,
    adapters: Object.fromEntries(
      ADAPTERS.map((name) => [name, applyAdapters(model, [{ adapter: read(model, name) }])]),
    ),
    merged: (name) => {
      const own = adapterFixture(`llama-16/${name}`).model() as Decoder;
      mergeAdapter(own, read(own, name));
      return own;
    },
  };
}
