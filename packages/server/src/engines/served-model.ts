import { PapilioError } from "@papilio/butterfly";
import type { WeightDtype } from "@papilio/cpu-runtime/kernels";
import { SentenceEncoder } from "@papilio/nn";
import type { ModelTuning } from "@papilio/nn/backends";
import { Decoder } from "@papilio/nn/models";
import type { SentenceText, Tokenizer } from "@papilio/nn/tokenizers";
import { Admission } from "../batching/admission.ts";
import type { ServerMetrics } from "../metrics/metrics.ts";
import type { Limits } from "../protocol/limits.ts";
import { RequestError } from "../protocol/request-error.ts";
import type { DeviceSlot } from "./device-slot.ts";
import type { ModelPlace } from "./model-place.ts";
import { type ServableModel, type Signature, signatureOf } from "./signature.ts";
import { TensorEngine } from "./tensor-engine.ts";
import { TextEngine } from "./text-engine.ts";

/** A model, and what its texts need. */
export interface ServedModel {
  /** What requests call it. */
  readonly name: string;
  readonly model: ServableModel;
  /**
   * The same language model with adapters, as `applyAdapters` of `@papilio/nn/adapters` returns it, by the names of
   * these: requests call it by both names, `NAME:ADAPTER`. All share the packed weights of the model.
   */
  readonly adapters?: Readonly<Record<string, Decoder>> | undefined;
  /** Without it, a model is served by its tensors alone. */
  readonly tokenizer?: Tokenizer | undefined;
  /** Where texts of a language model end. */
  readonly stopTokens?: readonly number[];
  /** How an encoder wants its sentences. */
  readonly sentences?: SentenceText | undefined;
  /** `chat_template` of tokenizer_config.json: without it there are no chats. */
  readonly chatTemplate?: string | undefined;
  /** Texts of the tokens that templates name, such as `bos_token`. */
  readonly specialTokens?: Readonly<Record<string, string>>;
  /** Tokens of a prompt and its text; as many as the model has positions unless given, but 4096 at most. */
  readonly context?: number | undefined;
  /** Bytes of keys and values of all texts at once, at most; what they take unless given. */
  readonly cacheBudget?: number | undefined;
  /**
   * Whether the numbers of a text are the same, bit by bit, whatever else is generated; false unless given: a text that is
   * alone is then generated faster.
   */
  readonly reproducible?: boolean;
  /** Where it is computed: on the server's device, where there is one, unless given. */
  readonly place?: "cpu" | "gpu";
  /** How weights are stored; `f32` unless given. Those of linear layers may be in few bits, such as `q4`. */
  readonly dtype?: WeightDtype;
  /**
   * Measures the kernels of its programs on the device first, as `DeviceModel.compile` of `@papilio/nn/backends` does
   * with these options: a text waits for the first one, and a row for the program of its size. A cache that outlives the
   * server makes that once.
   */
  readonly tune?: ModelTuning | undefined;
}

const MOST_CONTEXT = 4096;

/** A model that is served: its engines, and who is let in. */
export class Served implements Disposable {
  readonly definition: ServedModel;
  readonly signature: Signature;
  readonly tensors: TensorEngine;
  readonly text: TextEngine | undefined;
  readonly admission: Admission;
  readonly #slot: DeviceSlot | undefined;

  constructor(
    definition: ServedModel,
    device: DeviceSlot | undefined,
    { batch, waitMs, queue }: Limits,
    metrics: ServerMetrics | undefined,
  ) {
    const { name, model, tokenizer } = definition;
    const place = placeOf(definition, device);
    const onBatch = (size: number): void => metrics?.batch(name, size);
    this.#slot = place.slot;
    this.definition = definition;
    this.signature = signatureOf(model);
    this.tensors = new TensorEngine(this.signature, { place, batch, waitMs, onBatch });
    if (model instanceof Decoder && tokenizer !== undefined) {
      const { context = Math.min(model.positions, MOST_CONTEXT) } = definition;
      const { cacheBudget, adapters = {}, reproducible = false } = definition;
      const options = { context, maxSequences: batch, cacheBudget, adapters, reproducible, place };
      this.text = new TextEngine(model, options);
    } else if (Object.keys(definition.adapters ?? {}).length > 0) {
      throw new PapilioError(
        "SERVED_MODEL",
        `The model ${name} has adapters that requests could choose, but it continues no text.`,
        "Merge an adapter into it, and leave adapters out.",
      );
    }
    this.admission = new Admission(queue, "texts or rows");
  }

  /** Whether it can be computed now. */
  get ready(): boolean {
    return this.#slot === undefined || this.#slot.ready;
  }

  [Symbol.dispose](): void {
    this.tensors[Symbol.dispose]();
    this.text?.[Symbol.dispose]();
  }
}

/** @throws PapilioError `SERVED_MODEL` for a model that cannot be computed where it is to be */
function placeOf(
  { name, dtype = "f32", place, tune }: ServedModel,
  device: DeviceSlot | undefined,
): ModelPlace {
  if (place === "gpu" && device === undefined) {
    throw new PapilioError(
      "SERVED_MODEL",
      `The model ${name} is to be computed on a device, and the server has none.`,
      "Give openDevice, or leave place out.",
    );
  }
  return { slot: place === "cpu" ? undefined : device, dtype, tune };
}

/** What requests call a model: by its name, and with each of its adapters. */
export function namesOf({ name, adapters = {} }: Pick<ServedModel, "name" | "adapters">): string[] {
  return [name, ...Object.keys(adapters).map((adapter) => `${name}:${adapter}`)];
}

/** Which adapter of a model a request names, or none. */
export function adapterOf({ definition: { name } }: Served, called: string): string | undefined {
  return called === name ? undefined : called.slice(name.length + 1);
}

/** A language model with its tokenizer. Throws `REQUEST_INVALID` for others. */
export function textOf(served: Served): { engine: TextEngine; tokenizer: Tokenizer } {
  const { text: engine, definition } = served;
  if (engine !== undefined && definition.tokenizer !== undefined) {
    return { engine, tokenizer: definition.tokenizer };
  }
  throw wrongKind(`The model ${definition.name} continues no text.`);
}

/** An encoder of sentences with its tokenizer. Throws `REQUEST_INVALID` for others. */
export function sentencesOf({ definition }: Served): {
  tokenizer: Tokenizer;
  sentences: SentenceText;
} {
  const { model, tokenizer, sentences, name } = definition;
  if (model instanceof SentenceEncoder && tokenizer !== undefined) {
    return { tokenizer, sentences: { maxTokens: model.maxTokens, ...sentences } };
  }
  throw wrongKind(`The model ${name} makes no embeddings of texts.`);
}

function wrongKind(message: string): RequestError {
  const fix = "Name a model of the kind that this address is for.";
  return new RequestError("REQUEST_INVALID", message, { fix, param: "model" });
}
