import { Gpt2, modelFromHuggingFace } from "@papilio/nn";
import { huggingFaceTokenizer } from "@papilio/nn/tokenizers";
import { loadStateDict } from "@papilio/nn/weights";
import { fetchBytes } from "./fetch-bytes.ts";
import type { TextModel } from "./story-model.ts";

/**
 * Loads a language model that `papilio train` wrote.
 *
 * @param folder its address, with a slash at the end
 */
export async function loadCharacters(
  folder: string,
  signal: AbortSignal,
  onProgress: (doing: string) => void,
): Promise<TextModel> {
  onProgress("Loading the model");
  const [config, tokenizer, weights] = await Promise.all(
    ["config.json", "tokenizer.json", "model.safetensors"].map((name) =>
      fetchBytes(new URL(name, folder), signal),
    ),
  );
  const described: unknown = JSON.parse(new TextDecoder().decode(config));
  const model = modelFromHuggingFace(described, await loadStateDict(weights ?? new Uint8Array()));
  if (!(model instanceof Gpt2)) throw new Error(`The model in ${folder} continues no text.`);
  return { model, tokenizer: await huggingFaceTokenizer(tokenizer ?? new Uint8Array()) };
}
