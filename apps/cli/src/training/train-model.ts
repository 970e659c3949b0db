import { PapilioError } from "@papilio/butterfly";
import {
  GAT,
  GCN,
  type Gpt2,
  GraphSAGE,
  type HuggingFaceModel,
  type Llama,
  VisionTransformer,
} from "@papilio/nn";
import type { Graph } from "@papilio/nn/graph";
import { Decoder, type NodeClassifierModel, newModel, type Perceptron } from "@papilio/nn/models";
import { huggingFaceTokenizer } from "@papilio/nn/tokenizers";
import {
  characterTokenizer,
  characterTokens,
  imageTask,
  type LabelledImages,
  nodeTask,
  pickImages,
  splitExamples,
  type TableTask,
  textTask,
} from "@papilio/nn/training";
import { readBytes } from "../files/input-file.ts";
import { digestOf } from "./digest.ts";
import { type ImageData, readImages } from "./labelled-images.ts";
import { readNodes } from "./nodes.ts";
import { prepareTable } from "./tables.ts";

export const MODELS = ["vit", "gpt2", "llama", "gcn", "graphsage", "gat", "mlp"] as const;

/** What is trained on what, as flags say it. */
export interface TrainingChoice {
  readonly data: string;
  readonly validationData: string | undefined;
  readonly labels: string | undefined;
  readonly tokenizer: string | undefined;
  readonly model: (typeof MODELS)[number];
  /** The column of a table that is predicted, and what of; the table says it unless given. */
  readonly target: string | undefined;
  readonly task: "classification" | "regression" | undefined;
  /** The share of a table's rows that are measured in the end alone; for other data there is none. */
  readonly test: number | undefined;
  readonly linear: string;
  readonly layers: number;
  readonly features: number;
  readonly heads: number;
  readonly context: number;
  readonly imageSize: number;
  readonly patch: number;
  readonly batch: number;
  readonly seed: number;
  /** The share of the data that is kept for validation, where there are no others. */
  readonly validation: number;
  readonly shift: number;
  readonly flip: boolean;
  readonly smoothing: number;
  /** Of what each layer of a classifier of nodes reads. */
  readonly dropout: number;
  /** By which logits are divided where there is a teacher. */
  readonly temperature: number;
}

/** A model that is read from a folder. */
type AnyModel = HuggingFaceModel | NodeClassifierModel | Perceptron;

/** What is to be trained, and what is written beside its weights. */
export interface Prepared {
  readonly model: Gpt2 | Llama | VisionTransformer | NodeClassifierModel | Perceptron;
  readonly task: TableTask;
  /** Contents of files by their names. */
  readonly files: ReadonlyMap<string, string>;
  /** What another model computes of the same data; undefined for one of another kind. */
  readonly teacherGraph: (teacher: AnyModel) => Graph | undefined;
  /** Of the data: another one is another run. */
  readonly digest: string;
}

/** Windows of the validation that are measured each time, at most. */
const VALIDATION_WINDOWS = 256;

/** @throws PapilioError `DATA_INVALID`, `FLAG_INVALID`; what reading files and making a model throws */
export function prepare(choice: TrainingChoice): Promise<Prepared> {
  switch (choice.model) {
    case "vit":
      return prepareImages(choice);
    case "gpt2":
    case "llama":
      return prepareText(choice, choice.model);
    case "mlp":
      return prepareTable(choice);
    default:
      return prepareNodes(choice, choice.model);
  }
}

/** The model and its task are those of `nodeTask`: its validation is of the nodes that the data name. */
async function prepareNodes(
  choice: TrainingChoice,
  kind: "gcn" | "graphsage" | "gat",
): Promise<Prepared> {
  if (choice.validationData !== undefined) {
    throw new PapilioError(
      "FLAG_INVALID",
      "--validation-data is given, and a graph names the nodes of its validation itself.",
      "Leave it out.",
    );
  }
  const { config, model, data, trace, traceOther } = await readNodes(choice, kind);
  const { features, labels, classes, train, validation } = data;
  const task = nodeTask({
    ...{ trace, parameters: model.namedParameters(), seed: choice.seed, kernels: "wasm" },
    ...{ features, labels, classes, train, smoothing: choice.smoothing },
    validation: validation.length === 0 ? undefined : validation,
  });
  const digest = digestOf(features, labels, Uint32Array.from(data.edges), train, validation);
  return {
    ...{ model, task, digest, files: new Map([["config.json", json(config)]]) },
    teacherGraph: (teacher) =>
      teacher instanceof GCN || teacher instanceof GraphSAGE || teacher instanceof GAT
        ? traceOther(teacher)
        : undefined,
  };
}

async function prepareImages(choice: TrainingChoice): Promise<Prepared> {
  const options = { size: choice.imageSize, labels: choice.labels };
  const data = await readImages(choice.data, options);
  const others =
    choice.validationData === undefined
      ? undefined
      : await readImages(choice.validationData, { ...options, labels: undefined });
  const [channels, height, width] = data.shape;
  if (others !== undefined && `${others.shape}` !== `${data.shape}`) {
    throw new PapilioError(
      "DATA_INVALID",
      `The images for validation are [${others.shape.join(", ")}] instead of [${data.shape.join(", ")}].`,
      "Give images of one size.",
    );
  }
  const { train, validation } = divided(data, others, choice);
  const config = {
    model_type: "vit",
    papilio: { linear: choice.linear },
    image_size: [height, width],
    patch_size: choice.patch,
    num_channels: channels,
    hidden_size: choice.features,
    num_hidden_layers: choice.layers,
    num_attention_heads: choice.heads,
    intermediate_size: 4 * choice.features,
    layer_norm_eps: 1e-6,
    id2label: Object.fromEntries(data.names.entries()),
  };
  const model = newModel(config, { seed: choice.seed, classes: data.names.length });
  const { shift, flip } = choice;
  const task = imageTask({
    trace: (shape) => (model as VisionTransformer).trace(shape),
    parameters: model.namedParameters(),
    shape: data.shape,
    train,
    validation,
    ...(shift > 0 || flip ? { augmentation: { shift, flip } } : {}),
    batch: choice.batch,
    seed: choice.seed,
    kernels: "wasm",
    smoothing: choice.smoothing,
  });
  const files = new Map([["config.json", json(config)]]);
  const seen = others === undefined ? [] : [others.images, others.labels];
  return {
    ...{ model, task, files, digest: digestOf(data.images, data.labels, ...seen) },
    teacherGraph: (teacher) =>
      teacher instanceof VisionTransformer ? teacher.trace({ images: choice.batch }) : undefined,
  };
}

/** Images to train on, and those for validation: others, or a share of them. */
function divided(
  data: ImageData,
  others: ImageData | undefined,
  { validation: share, seed }: TrainingChoice,
): { readonly train: LabelledImages; readonly validation: LabelledImages | undefined } {
  if (others !== undefined) return { train: data, validation: others };
  const split = splitExamples({ examples: data.labels.length, share, seed });
  return {
    train: pickImages(data, split.train),
    validation: split.validation.length === 0 ? undefined : pickImages(data, split.validation),
  };
}

async function prepareText(choice: TrainingChoice, kind: "gpt2" | "llama"): Promise<Prepared> {
  const { batch, seed, context, features, layers, heads, smoothing } = choice;
  const { tokens, validation, vocabulary, tokenizer } = await readTokens(choice);
  const papilio = { linear: choice.linear };
  const config =
    kind === "gpt2"
      ? {
          model_type: "gpt2",
          papilio,
          vocab_size: vocabulary,
          n_embd: features,
          n_layer: layers,
          n_head: heads,
          n_positions: context,
        }
      : {
          model_type: "llama",
          papilio,
          vocab_size: vocabulary,
          hidden_size: features,
          intermediate_size: 4 * features,
          num_hidden_layers: layers,
          num_attention_heads: heads,
          max_position_embeddings: context,
          rms_norm_eps: 1e-5,
          tie_word_embeddings: true,
        };
  const model = newModel(config, { seed }) as Gpt2 | Llama;
  const task = textTask({
    trace: (shape) => model.trace(shape),
    parameters: model.namedParameters(),
    context,
    train: tokens,
    validation,
    validationWindows: VALIDATION_WINDOWS,
    batch,
    seed,
    kernels: "wasm",
    smoothing,
  });
  const files = new Map([
    ["config.json", json(config)],
    ["tokenizer.json", tokenizer],
  ]);
  return {
    ...{ model, task, files, digest: digestOf(tokens, validation ?? new Uint32Array()) },
    teacherGraph: (teacher) =>
      teacher instanceof Decoder ? teacher.trace({ sequences: batch, tokens: context }) : undefined,
  };
}

/** The last part of a text is for validation, unless there is another one. */
async function readTokens(choice: TrainingChoice): Promise<{
  readonly tokens: Uint32Array;
  readonly validation: Uint32Array | undefined;
  readonly vocabulary: number;
  /** Contents of tokenizer.json. */
  readonly tokenizer: string;
}> {
  const text = await readText(choice.data);
  const other = choice.validationData && (await readText(choice.validationData));
  let encode: (text: string) => Uint32Array;
  let vocabulary: number;
  let tokenizer: string;
  if (choice.tokenizer === undefined) {
    const known = characterTokens(text).vocabulary;
    encode = (some) => characterTokens(some, known).tokens;
    vocabulary = known.length;
    tokenizer = json(characterTokenizer(known));
  } else {
    const bytes = await readBytes(choice.tokenizer, MOST_TOKENIZER_BYTES);
    const read = await huggingFaceTokenizer(bytes);
    encode = (some) => Uint32Array.from(read.encode(some, { specialTokens: false }));
    vocabulary = read.vocabularySize;
    tokenizer = new TextDecoder().decode(bytes);
  }
  const all = encode(text);
  if (other !== undefined) {
    return { tokens: all, validation: encode(other), vocabulary, tokenizer };
  }
  const kept = Math.floor(choice.validation * all.length);
  const tokens = all.subarray(0, all.length - kept);
  const validation = kept > choice.context ? all.subarray(all.length - kept) : undefined;
  return { tokens: validation === undefined ? all : tokens, validation, vocabulary, tokenizer };
}

/** Those of the largest vocabularies are a tenth of this. */
const MOST_TOKENIZER_BYTES = 2 ** 28;
/** A text becomes tokens of four bytes each, some times over. */
const MOST_TEXT_BYTES = 2 ** 28;

/** Throws `DATA_INVALID` for what is not a text. */
async function readText(file: string): Promise<string> {
  const bytes = await readBytes(file, MOST_TEXT_BYTES);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new PapilioError(
      "DATA_INVALID",
      `${file} is not a text in UTF-8.`,
      "Give a text, as it is or compressed with gzip.",
      { cause },
    );
  }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
