export { Decoder, type SequenceShape, type StepShape } from "./decoder.ts";
export { Gpt2, type Gpt2Config } from "./gpt2.ts";
export {
  type HuggingFaceModel,
  modelFromHuggingFace,
} from "./hugging-face/model-from-hugging-face.ts";
export { outlineFromHuggingFace } from "./hugging-face/outline.ts";
export {
  type SentenceModules,
  type SentenceTransformersFiles,
  sentenceFilesOf,
  sentenceModules,
} from "./hugging-face/sentence-transformers.ts";
export {
  bertStateDict,
  gpt2StateDict,
  timmStateDict,
  vitStateDict,
} from "./hugging-face/state-dicts.ts";
export { Llama, type LlamaConfig } from "./llama.ts";
export { type LinearChoices, Model } from "./model.ts";
export {
  GAT,
  type GATConfig,
  GCN,
  GraphSAGE,
  type NodeClassifierConfig,
  type NodesShape,
} from "./node-classifiers.ts";
export { gpt2Medium, VIT_S16_BUTTERFLY, vitS16, vitTiny16 } from "./presets.ts";
export { SentenceEncoder, type SentenceEncoderConfig } from "./sentence-encoder.ts";
export type { Pooling, SentenceStep } from "./sentence-steps.ts";
export {
  asPermutedFactor,
  SparseNetwork,
  type SparseNetworkConfig,
  type VectorsShape,
} from "./sparse-network.ts";
export {
  type BlockParts,
  type LayerNormBlockOptions,
  layerNormBlock,
  TransformerBlock,
} from "./transformer-block.ts";
export {
  type ImagesShape,
  VisionTransformer,
  type VisionTransformerConfig,
} from "./vision-transformer.ts";
