import { Butterfly, Chain, PermutedButterfly } from "@papilio/butterfly";
import { call, create, invoke, type PublicCalls } from "@papilio/public-arguments";
import * as nn from "../every-entry.ts";
import { circle } from "./graph.ts";
import { stateOf } from "./weights.ts";

const sizes = { features: 4, layers: 1, heads: 2, seed: 1 } as const;
const linear = { projection: nn.dense, ffn: nn.dense };
const gpt2Config = { ...sizes, vocabulary: 5, positions: 8, epsilon: 1e-5, linear };
const llamaConfig = {
  ...gpt2Config,
  hidden: 8,
  keyValueHeads: 1,
  theta: 100,
  rotary: "halves",
  tiedHead: false,
} as const;
const visionConfig = {
  ...sizes,
  imageSize: [2, 2],
  patchSize: [1, 1],
  channels: 1,
  classes: 3,
  hidden: 8,
  epsilon: 1e-6,
  linear,
} as const;
const sentenceConfig = {
  ...gpt2Config,
  hidden: 8,
  pooling: ["mean"],
  steps: [{ kind: "dense", features: 2, bias: true, activation: { kind: "tanh" } }],
  maxTokens: 6,
} as const;
const nodeConfig = {
  inFeatures: 4,
  hidden: 8,
  classes: 2,
  layers: 2,
  linear: nn.dense,
  seed: 1,
};

/** A small decoder with first numbers. */
export function smallLlama(): nn.Llama {
  return new nn.Llama(llamaConfig);
}

const sparse = { layers: [circle()], bias: -0.1, upper: 32 };

/** A config.json for Hugging Face, and the weights that it asks for. */
const huggingFace = {
  model_type: "llama",
  hidden_size: 4,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  vocab_size: 5,
  intermediate_size: 8,
  num_hidden_layers: 1,
  max_position_embeddings: 8,
};

const sentenceFiles = (): nn.SentenceTransformersFiles => ({
  configs: new Map<string, unknown>([
    [
      "modules.json",
      [
        { type: "sentence_transformers.models.Transformer", path: "" },
        { type: "sentence_transformers.models.Pooling", path: "1_Pooling" },
      ],
    ],
    ["1_Pooling/config.json", { pooling_mode_mean_tokens: true }],
  ]),
  states: new Map(),
});

/** Whole models, and what is read of checkpoints. */
export const modelCalls: PublicCalls = {
  Gpt2: () => create(nn.Gpt2, gpt2Config),
  Llama: () => create(nn.Llama, llamaConfig),
  "Decoder#trace": () => invoke(smallLlama(), "trace", { sequences: 1, tokens: 4 }),
  "Decoder#traceBatchStep": () =>
    invoke(smallLlama(), "traceBatchStep", {
      ...{ tokens: 1, context: 4, sequences: 2, pages: 3, pageSize: 16 },
    }),
  "Decoder#traceStep": () => invoke(smallLlama(), "traceStep", { tokens: 1, context: 4 }),
  SentenceEncoder: () => create(nn.SentenceEncoder, sentenceConfig),
  "SentenceEncoder#trace": () =>
    invoke(new nn.SentenceEncoder(sentenceConfig), "trace", { sequences: 2, tokens: 4 }),
  VisionTransformer: () => create(nn.VisionTransformer, visionConfig),
  "VisionTransformer#trace": () =>
    invoke(new nn.VisionTransformer(visionConfig), "trace", { images: 2 }),
  GCN: () => create(nn.GCN, nodeConfig),
  "GCN#trace": () => invoke(new nn.GCN(nodeConfig), "trace", { adjacency: circle() }),
  GraphSAGE: () => create(nn.GraphSAGE, nodeConfig),
  "GraphSAGE#trace": () => invoke(new nn.GraphSAGE(nodeConfig), "trace", { adjacency: circle() }),
  GAT: () => create(nn.GAT, { ...nodeConfig, heads: 2 }),
  "GAT#trace": () => invoke(new nn.GAT(nodeConfig), "trace", { adjacency: circle() }),
  SparseNetwork: () => create(nn.SparseNetwork, sparse),
  "SparseNetwork of butterflies": () =>
    create(nn.SparseNetwork, {
      ...sparse,
      layers: [new PermutedButterfly(Butterfly.random(Chain.squareDyadic(4), { seed: 1 }))],
    }),
  "SparseNetwork#trace": () => invoke(new nn.SparseNetwork(sparse), "trace", { vectors: 2 }),
  asPermutedFactor: () => call(nn.asPermutedFactor, circle()),
  vitS16: () => call(nn.vitS16, visionConfig),
  vitTiny16: () => call(nn.vitTiny16, visionConfig),
  gpt2Medium: () => call(nn.gpt2Medium, gpt2Config),
  modelFromHuggingFace: () => {
    const state = stateOf(new nn.Llama({ ...llamaConfig, epsilon: 1e-6 }));
    return call(nn.modelFromHuggingFace, huggingFace, state, sentenceFiles());
  },
  Perceptron: () =>
    create(nn.Perceptron, {
      ...{ inFeatures: 2, hidden: 4, layers: 2, classes: 2, seed: 1 },
      linear: nn.dense,
    }),
  "Perceptron#trace": () => invoke(new nn.Perceptron({ inFeatures: 2 }), "trace", { vectors: 2 }),
  perceptron: () =>
    call(
      nn.perceptron,
      { model_type: "mlp", inFeatures: 2, classes: 2 },
      { state: undefined, seed: 1 },
    ),
  nodeClassifier: () =>
    call(
      nn.nodeClassifier,
      { model_type: "gcn", inFeatures: 2, classes: 2 },
      { state: undefined, seed: 1 },
    ),
  newModel: () => call(nn.newModel, { model_type: "gpt2" }, { seed: 1, classes: 2 }),
  outlineFromHuggingFace: () => call(nn.outlineFromHuggingFace, huggingFace),
  sentenceFilesOf: () => call(nn.sentenceFilesOf, sentenceFiles().configs.get("modules.json")),
  sentenceModules: () => call(nn.sentenceModules, sentenceFiles(), 4),
  bertStateDict: () => call(nn.bertStateDict, stateOf()),
  gpt2StateDict: () => call(nn.gpt2StateDict, stateOf()),
  timmStateDict: () => call(nn.timmStateDict, stateOf()),
  vitStateDict: () => call(nn.vitStateDict, stateOf()),
};
