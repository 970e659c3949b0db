import { Gpt2 } from "../gpt2.ts";
import { Llama } from "../llama.ts";
import { SentenceEncoder } from "../sentence-encoder.ts";
import { VisionTransformer } from "../vision-transformer.ts";
import { ConfigFields } from "./config-fields.ts";
import { gpt2Config, llamaConfig, sentenceConfig, visionConfig } from "./configs.ts";
import type { HuggingFaceModel } from "./model-from-hugging-face.ts";

const OUTLINES: Readonly<Record<string, (fields: ConfigFields) => HuggingFaceModel>> = {
  llama: (fields) => new Llama({ ...llamaConfig(fields), layers: 1 }),
  gpt2: (fields) => new Gpt2({ ...gpt2Config(fields), layers: 1 }),
  vit: (fields) => new VisionTransformer({ ...visionConfig(fields, new Map()), layers: 1 }),
  bert: (fields) => new SentenceEncoder({ ...sentenceConfig(fields), layers: 1 }),
};

/**
 * What a config.json describes, without weights and with one layer, which stands for all of them: to find
 * out, with `requireBindable`, whether a device can hold its parts before the weights are read.
 *
 * @param config contents of config.json, parsed
 * @returns undefined for a `model_type` that is not built here
 * @throws PapilioError `CONFIG_INVALID`, `CONFIG_UNSUPPORTED`
 */
export function outlineFromHuggingFace(config: unknown): HuggingFaceModel | undefined {
  const fields = new ConfigFields(config);
  const type = fields.text("model_type") ?? "";
  return Object.hasOwn(OUTLINES, type) ? OUTLINES[type]?.(fields) : undefined;
}
