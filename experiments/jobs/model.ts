import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Llama } from "@papilio/nn";
import { saveStateDict } from "@papilio/nn/node";

/** Words of the model, which are numbers. */
export const WORDS = 256;
/** Tokens of a row of a job. */
export const TOKENS = 32;

const SIZES = { features: 256, layers: 6, heads: 8, hidden: 704, positions: 256 } as const;

/** Writes a Llama of some 5 M random weights, with a tokenizer of words. */
export async function writeModel(folder: string): Promise<string> {
  const model = new Llama({ ...SIZES, vocabulary: WORDS, seed: 1 });
  mkdirSync(folder, { recursive: true });
  await saveStateDict(folder, model.namedParameters());
  const files = {
    "config.json": {
      model_type: "llama",
      vocab_size: WORDS,
      hidden_size: SIZES.features,
      intermediate_size: SIZES.hidden,
      num_hidden_layers: SIZES.layers,
      num_attention_heads: SIZES.heads,
      max_position_embeddings: SIZES.positions,
      tie_word_embeddings: false,
    },
    "tokenizer.json": {
      version: "1.0",
      pre_tokenizer: { type: "WhitespaceSplit" },
      model: {
        type: "WordLevel",
        vocab: Object.fromEntries(Array.from({ length: WORDS }, (_, id) => [`w${id}`, id])),
        unk_token: "w0",
      },
    },
  };
  for (const [name, contents] of Object.entries(files)) {
    writeFileSync(join(folder, name), JSON.stringify(contents));
  }
  return folder;
}
