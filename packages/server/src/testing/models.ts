import { readFileSync } from "node:fs";
import { Llama, SentenceEncoder, VisionTransformer } from "@papilio/nn";
import { huggingFaceTokenizer, llama2cTokenizer, type Tokenizer } from "@papilio/nn/tokenizers";
import { assignStateDict, readLlama2c } from "@papilio/nn/weights";
import type { ServedModel } from "../engines/served-model.ts";

const testFile = (name: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(
    readFileSync(new URL(`../../../nn/testdata/stories260K/${name}`, import.meta.url)),
  );

/** Greedy tokens and the text of stories260K, by llama2.c. */
export const story: { readonly greedyIds: readonly number[]; readonly text: string } = JSON.parse(
  new TextDecoder().decode(testFile("reference.json")),
);

/** A template whose prompt is what the user says, so that the reference's text is an answer. */
const TEMPLATE =
  "{% for message in messages %}{% if message.role == 'tool' %}{{ raise_exception('no tools') }}{% endif %}{{ message.content }}{% endfor %}";

/** The trained Llama of 260,000 parameters. */
export function stories(): ServedModel {
  const { config, tensors } = readLlama2c(testFile("stories260K.bin"));
  const model = new Llama(config);
  assignStateDict(model.namedParameters(), tensors);
  const tokenizer = llama2cTokenizer(testFile("tok512.bin"));
  const { beginOfSequence, endOfSequence } = tokenizer;
  const stopTokens = [beginOfSequence, endOfSequence].filter((id) => id !== undefined);
  return { name: "stories260K", model, tokenizer, stopTokens, chatTemplate: TEMPLATE };
}

/** Words of an encoder's vocabulary, the letters of the alphabet up to g. */
function words(): Promise<Tokenizer> {
  const vocab = Object.fromEntries(["<s>", ..."abcdefg"].map((word, id) => [word, id]));
  return huggingFaceTokenizer({
    version: "1.0",
    pre_tokenizer: { type: "WhitespaceSplit" },
    model: { type: "WordLevel", vocab, unk_token: "<s>" },
  });
}

/** An encoder of sentences of eight words. */
export async function sentences(): Promise<ServedModel & { readonly model: SentenceEncoder }> {
  const model = new SentenceEncoder({
    vocabulary: 8,
    features: 8,
    layers: 1,
    heads: 2,
    hidden: 12,
    positions: 16,
    seed: 7,
  });
  return { name: "sentences", model, tokenizer: await words() };
}

/** A vision transformer of images of 3 x 8 x 8 and five classes. */
export function vision(): ServedModel & { readonly model: VisionTransformer } {
  const model = new VisionTransformer({
    imageSize: 8,
    patchSize: 4,
    classes: 5,
    features: 8,
    layers: 1,
    heads: 2,
    hidden: 12,
    seed: 5,
  });
  return { name: "vision", model };
}
