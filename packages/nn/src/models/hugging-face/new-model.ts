import { PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import { anyNumber, objectOf, optional } from "../../arguments/checks.ts";
import { Gpt2 } from "../gpt2.ts";
import { Llama } from "../llama.ts";
import { VisionTransformer } from "../vision-transformer.ts";
import { ConfigFields } from "./config-fields.ts";
import { gpt2Config, llamaConfig, visionConfig } from "./configs.ts";

/** What a config.json does not say of a model that has no weights yet. */
export interface NewModelOptions {
  /** Of the first numbers; 0 unless given. */
  readonly seed?: number;
  /** Of a vision transformer; 1,000 unless given. */
  readonly classes?: number;
}

/**
 * The model that a config.json describes, with the numbers that training begins with.
 *
 * @param config contents of config.json, parsed, of the `model_type` `gpt2`, `llama` or `vit`
 * @throws PapilioError `CONFIG_INVALID`, `CONFIG_UNSUPPORTED`; what the model's constructor throws
 *
 * @example
 * ```ts
 * const size = { vocab_size: 65, n_embd: 128, n_layer: 4, n_head: 4, n_positions: 64 };
 * const config = { model_type: "gpt2", ...size, papilio: { linear: "monarch" } };
 * const model = newModel(config, { seed: 1 });
 * ```
 */
export function newModel(
  config: unknown,
  options: NewModelOptions = {},
): Gpt2 | Llama | VisionTransformer {
  const fields = new ConfigFields(config);
  objectOf({ seed: optional(anyNumber), classes: optional(anyNumber) })("newModel", options);
  const { seed = 0, classes } = options;
  const type = fields.text("model_type") ?? "";
  if (type === "gpt2") return new Gpt2({ ...gpt2Config(fields), seed });
  if (type === "llama") return new Llama({ ...llamaConfig(fields), seed });
  if (type === "vit") {
    const sizes = visionConfig(fields, new Map());
    return new VisionTransformer({ ...sizes, seed, ...(classes === undefined ? {} : { classes }) });
  }
  throw new PapilioError(
    "CONFIG_UNSUPPORTED",
    `The model_type of config.json is ${describeValue(type)}, which is not one that is trained by it.`,
    "Use a model of gpt2, llama, vit.",
  );
}
