import { PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import { applyAdapters } from "@papilio/nn/adapters";
import { Decoder } from "@papilio/nn/models";
import { loadAdapter } from "@papilio/nn/node";
import type { ServedModel } from "@papilio/server";
import { type AdapterChoice, adapterChoices } from "./adapter-weights.ts";

/** An adapter that requests may choose. */
export interface NamedChoice extends AdapterChoice {
  /** The name of a model, or nothing where there is one. */
  readonly model: string | undefined;
  readonly name: string;
}

/**
 * The adapters of `--adapter-weights NAME=PATH` and `MODEL:NAME=PATH=SCALE`.
 *
 * @throws PapilioError `FLAG_INVALID`, `INPUT_UNREADABLE`
 */
export async function servedChoices(texts: readonly string[] = []): Promise<NamedChoice[]> {
  const choices: NamedChoice[] = [];
  for (const text of texts) {
    const [, model, name, given] = /^(?:([^=/\\]+):)?([^=/\\:]+)=(.+)$/s.exec(text) ?? [];
    if (name === undefined || given === undefined) throw notNamed(text, "a name, = and a path");
    const [choice] = await adapterChoices([given]);
    choices.push({ ...(choice as AdapterChoice), model, name });
  }
  return choices;
}

/**
 * Models with the adapters that requests may choose.
 *
 * @throws PapilioError `FLAG_INVALID` for an adapter of none of the models, or of a name that is taken; what
 *   `loadAdapter` and `applyAdapters` throw
 */
export async function withServedAdapters(
  models: readonly ServedModel[],
  choices: readonly NamedChoice[],
  signal: AbortSignal,
): Promise<readonly ServedModel[]> {
  const adapters = models.map(() => new Map<string, Decoder>());
  for (const { model: of, name, path, scale } of choices) {
    const index = models.findIndex(
      (one) => one.name === of || (of === undefined && models.length === 1),
    );
    const model = models[index]?.model;
    if (!(model instanceof Decoder)) {
      const names = models.flatMap((one) => (one.model instanceof Decoder ? one.name : []));
      throw notNamed(
        name,
        `of a language model that is served: ${names.join(", ") || "there is none"}`,
      );
    }
    if (adapters[index]?.has(name))
      throw notNamed(name, "a name that no other adapter of the model has");
    const adapter = await loadAdapter(model, path, { name, signal });
    adapters[index]?.set(name, applyAdapters(model, [{ adapter, scale }]));
  }
  return models.map((model, index) => ({
    ...model,
    adapters: Object.fromEntries(adapters[index] ?? []),
  }));
}

function notNamed(text: string, wanted: string): PapilioError {
  return new PapilioError(
    "FLAG_INVALID",
    `--adapter-weights is ${describeValue(text)}, but it must be ${wanted}.`,
    "Give it as --adapter-weights NAME=PATH, or MODEL:NAME=PATH where there are several models.",
  );
}
