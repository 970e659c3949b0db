import { type Gpt2, Llama } from "@papilio/nn";
import { butterflyize } from "@papilio/nn/conversion";
import { llama2cTokenizer, type Tokenizer } from "@papilio/nn/tokenizers";
import { assignStateDict, readLlama2c } from "@papilio/nn/weights";
import { fetchBytes } from "./fetch-bytes.ts";

/** The files of a model of 260,000 parameters that tells stories, with the site. */
const FILES = {
  model: new URL("../../../../packages/nn/testdata/stories260K/stories260K.bin", import.meta.url),
  tokenizer: new URL("../../../../packages/nn/testdata/stories260K/tok512.bin", import.meta.url),
};

/** A model and its tokenizer. */
export interface TextModel {
  readonly model: Gpt2 | Llama;
  readonly tokenizer: Tokenizer;
  /** What its feed-forward layers lost when they became butterflies; absent where they did not. */
  readonly conversion?: { readonly layers: number; readonly error: number; readonly kept: number };
}

/**
 * Loads the model, and makes butterflies of its feed-forward layers that have at most `share` of the
 * values; 1 leaves them as they were trained.
 */
export async function loadStory(
  share: number,
  signal: AbortSignal,
  onProgress: (doing: string) => void,
): Promise<TextModel> {
  onProgress("Loading the model");
  const [modelFile, tokenizerFile] = await Promise.all([
    fetchBytes(FILES.model, signal),
    fetchBytes(FILES.tokenizer, signal),
  ]);
  const { config, tensors } = readLlama2c(modelFile);
  const model = new Llama(config);
  assignStateDict(model.namedParameters(), tensors);
  const tokenizer = llama2cTokenizer(tokenizerFile);
  if (share >= 1) return { model, tokenizer };
  let done = 0;
  const total = 3 * config.layers;
  const reports = await butterflyize(model, {
    layers: /\.mlp\./,
    chain: "search",
    maxError: 1,
    maxParameters: share,
    signal,
    onLayer: () => onProgress(`Factorizing: ${++done} of ${total} layers`),
  });
  const replaced = reports.filter((report) => report.replaced);
  const sum = (of: (report: (typeof reports)[number]) => number): number =>
    replaced.reduce((subtotal, report) => subtotal + of(report), 0);
  return {
    model,
    tokenizer,
    conversion: {
      layers: replaced.length,
      error: sum(({ error }) => error ?? 0) / Math.max(1, replaced.length),
      kept:
        sum(({ parameters }) => parameters.butterfly ?? 0) /
        Math.max(
          1,
          sum(({ parameters }) => parameters.dense),
        ),
    },
  };
}
