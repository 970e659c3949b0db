import { PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import { map, optional } from "../../arguments/checks.ts";
import type { Module } from "../../modules/module.ts";
import { assignStateDict } from "../../weights/assign-state-dict.ts";
import type { StateDict } from "../../weights/stored-tensor.ts";
import { weightsError } from "../../weights/weights-error.ts";
import { Gpt2 } from "../gpt2.ts";
import { Llama } from "../llama.ts";
import { SentenceEncoder } from "../sentence-encoder.ts";
import { VisionTransformer } from "../vision-transformer.ts";
import { withoutTraining } from "../without-training.ts";
import { ConfigFields } from "./config-fields.ts";
import { gpt2Config, llamaConfig, sentenceConfig, visionConfig } from "./configs.ts";
import {
  type SentenceTransformersFiles,
  sentenceFilesCheck,
  sentenceModules,
} from "./sentence-transformers.ts";
import { bertStateDict, gpt2StateDict, llamaStateDict, vitStateDict } from "./state-dicts.ts";

/** The models that are read from checkpoints for Hugging Face. */
export type HuggingFaceModel = Gpt2 | Llama | SentenceEncoder | VisionTransformer;

/** For each `model_type`, its model and the weights by the names that it has. */
const READERS: Readonly<
  Record<
    string,
    (
      fields: ConfigFields,
      state: StateDict,
      sentence: SentenceTransformersFiles | undefined,
    ) => [HuggingFaceModel, StateDict]
  >
> = {
  llama: (fields, state) => {
    const config = withLayers(llamaConfig(fields), state);
    const { tiedHead = false } = config;
    return [new Llama(config), llamaStateDict(state, { tiedHead })];
  },
  gpt2: (fields, state) => [new Gpt2(withLayers(gpt2Config(fields), state)), gpt2StateDict(state)],
  vit: (fields, state) => [
    new VisionTransformer(withLayers(visionConfig(fields, state), state)),
    vitStateDict(state),
  ],
  bert: (fields, state, files) => {
    const config = withLayers(sentenceConfig(fields), state);
    const sentence = files && sentenceModules(files, config.features as number);
    const model = new SentenceEncoder({ ...config, ...sentence?.config });
    return [model, new Map([...bertStateDict(state), ...(sentence?.state ?? [])])];
  },
};

/** Tensors of a layer, at least, of all these models. */
const LAYER_TENSORS = 8;

/** A config whose layers may all be among the weights: before each becomes some objects. */
function withLayers<C extends { readonly layers?: number }>(config: C, state: StateDict): C {
  const { layers = 0 } = config;
  // A model of a layer or two may lack some: the error names them.
  if (layers <= 2 || LAYER_TENSORS * layers <= state.size) return config;
  throw weightsError(
    "STATE_DICT_MISMATCH",
    `The config.json speaks of ${layers} layers, but there are only ${state.size} tensors.`,
  );
}

/**
 * The model of a checkpoint for Hugging Face, with its weights: `llama` and `gpt2` as language models,
 * `vit` for classification, `bert` as an encoder of sentences: as the files of sentence-transformers say, or
 * by the mean of their tokens, normalized. All that
 * config.json says is checked before any weight is decoded; what would make other results than are
 * computed here is refused.
 *
 * Layers are butterflies where `papilio.linear` of config.json names some, as `linearByName` has it.
 *
 * @param config contents of config.json, parsed
 * @param state what `loadStateDict` gives
 * @param sentence what lies beside a model of sentence-transformers, where there is a modules.json
 * @throws PapilioError `CONFIG_INVALID`, `CONFIG_UNSUPPORTED`; `STATE_DICT_MISMATCH` for weights of
 *   another model; what reading a tensor throws
 *
 * @example
 * ```ts
 * const config: unknown = JSON.parse(await readFile("smollm/config.json", "utf8"));
 * const model = modelFromHuggingFace(config, await loadStateDict("smollm"));
 * if (model instanceof Llama) {
 *   using generator = await TextGenerator.create(model, { gpu });
 * }
 * ```
 */
export function modelFromHuggingFace(
  config: unknown,
  state: StateDict,
  sentence?: SentenceTransformersFiles,
): HuggingFaceModel {
  const fields = new ConfigFields(config);
  map("The weights", state);
  optional(sentenceFilesCheck)("the files of sentence-transformers", sentence);
  const type = fields.text("model_type") ?? "";
  const read = Object.hasOwn(READERS, type) ? READERS[type] : undefined;
  if (read === undefined) {
    throw new PapilioError(
      "CONFIG_UNSUPPORTED",
      `The model_type of config.json is ${describeValue(type)}, which is not one of those that are built here.`,
      `Use a model of ${Object.keys(READERS).join(", ")}.`,
    );
  }
  const [model, weights] = read(fields, withoutTraining(state), sentence);
  assignStateDict((model as Module).namedParameters(), weights);
  return model;
}
