export type { NnErrorCodes } from "../errors/error-codes.ts";
export { type BatchStepShape, Decoder, type SequenceShape, type StepShape } from "./decoder.ts";
export { type NewModelOptions, newModel } from "./hugging-face/new-model.ts";
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
export {
  NODE_CLASSIFIERS,
  type NodeClassifierModel,
  type NodeClassifierOptions,
  nodeClassifier,
} from "./node-classifier-config.ts";
export type { GATConfig, NodeClassifierConfig, NodesShape } from "./node-classifiers.ts";
export { Perceptron, type PerceptronConfig, perceptron } from "./perceptron.ts";
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
export type { ImagesShape } from "./vision-transformer.ts";
