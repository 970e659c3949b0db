/// <reference lib="esnext.disposable" preserve="true" />
// First: it defines the symbols of disposal where an engine lacks them.
import "@papilio/butterfly";

export type { NnErrorCodes } from "./errors/error-codes.ts";
export { BatchGenerator, type BatchStatistics } from "./generation/batch-generator.ts";
export type { BatchGeneratorOptions, SubmitOptions } from "./generation/batch-options.ts";
export type { BatchToken, FinishReason, TokenStream } from "./generation/batch-sequence.ts";
export type { GenerateOptions, GeneratorOptions } from "./generation/generator-options.ts";
export { requireLogits } from "./generation/logits.ts";
export type { TokenLogprob } from "./generation/logprobs.ts";
export { type Sampler, type SamplingOptions, sampler } from "./generation/sampling.ts";
export { type GeneratedToken, TextGenerator } from "./generation/text-generator.ts";
export type { Executable, RunInputs, RunOutputs } from "./graph/executable.ts";
export { Gpt2, type Gpt2Config } from "./models/gpt2.ts";
export {
  type HuggingFaceModel,
  modelFromHuggingFace,
} from "./models/hugging-face/model-from-hugging-face.ts";
export { Llama, type LlamaConfig } from "./models/llama.ts";
export { type LinearChoices, Model } from "./models/model.ts";
export { GAT, GCN, GraphSAGE } from "./models/node-classifiers.ts";
export { gpt2Medium, VIT_S16_BUTTERFLY, vitS16, vitTiny16 } from "./models/presets.ts";
export { SentenceEncoder, type SentenceEncoderConfig } from "./models/sentence-encoder.ts";
export { VisionTransformer, type VisionTransformerConfig } from "./models/vision-transformer.ts";
export { type CompileGraphOptions, compileGraph, type PlacedModel } from "./placement/compile.ts";
