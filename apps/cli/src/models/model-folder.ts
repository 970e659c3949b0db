import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { PapilioError } from "@papilio/butterfly";
import { type HuggingFaceModel, modelFromHuggingFace } from "@papilio/nn";
import {
  NODE_CLASSIFIERS,
  type NodeClassifierModel,
  nodeClassifier,
  type Perceptron,
  perceptron,
  type SentenceTransformersFiles,
  sentenceFilesOf,
} from "@papilio/nn/models";
import { loadStateDict } from "@papilio/nn/node";
import type { LoadedStateDict, StateDict } from "@papilio/nn/weights";
import { readJson } from "../files/input-file.ts";
import { showShare } from "../render/progress.ts";
import { type AdapterChoice, withHeadsOf } from "./adapter-weights.ts";

/** What config.json of a model says, of which only the type is sure to be a text. */
export interface ModelConfig extends Readonly<Record<string, unknown>> {
  readonly model_type: string;
}

/** @throws PapilioError `INPUT_UNREADABLE` where there is no config.json; `CONFIG_INVALID` */
export async function readConfig(folder: string): Promise<ModelConfig> {
  const config = await readJson(join(folder, "config.json"), "that describes the model beside it");
  if (typeof (config as Partial<ModelConfig> | null)?.model_type === "string") {
    return config as ModelConfig;
  }
  throw new PapilioError(
    "CONFIG_INVALID",
    `config.json in ${folder} names no model_type.`,
    "Give the folder of a model for Hugging Face's transformers.",
  );
}

/**
 * The model that a config.json describes, with the weights that lie beside it; progress on stderr.
 *
 * @param path the folder, or a `.safetensors` file in it
 * @param adapters that come to it, whose head of classes it gets
 * @throws PapilioError what `modelFromHuggingFace` and `loadStateDict` throw
 */
export async function loadModel(
  path: string,
  config: ModelConfig,
  signal: AbortSignal,
  adapters: readonly AdapterChoice[] = [],
): Promise<HuggingFaceModel> {
  return await modelOf(path, config, await loadWeights(path, signal), signal, adapters);
}

/** The model that a config.json describes, of weights that were read. Throws what `modelFromHuggingFace` throws. */
export async function modelOf(
  path: string,
  config: ModelConfig,
  state: StateDict,
  signal: AbortSignal,
  adapters: readonly AdapterChoice[] = [],
): Promise<HuggingFaceModel> {
  const sentence =
    config.model_type === "bert"
      ? await readSentenceFiles(await folderOf(path), signal)
      : undefined;
  return modelFromHuggingFace(config, await withHeadsOf(state, adapters, signal), sentence);
}

/** Whether a config.json is that of a classifier of nodes. */
export function classifiesNodes({ model_type: type }: ModelConfig): boolean {
  return NODE_CLASSIFIERS.some((known) => known === type);
}

/**
 * The classifier of nodes in a folder, as `papilio train` wrote it; progress on stderr.
 *
 * @throws PapilioError what `nodeClassifier` and `loadStateDict` throw
 */
export async function loadNodeClassifier(
  path: string,
  config: ModelConfig,
  signal: AbortSignal,
): Promise<NodeClassifierModel> {
  return nodeClassifier(config, { state: await loadWeights(path, signal) });
}

/** The perceptron in a folder; progress on stderr. Throws what `perceptron` and `loadStateDict` throw. */
export async function loadPerceptron(
  path: string,
  config: ModelConfig,
  signal: AbortSignal,
): Promise<Perceptron> {
  return perceptron(config, { state: await loadWeights(path, signal) });
}

/**
 * A model in a folder, of any kind that is trained; progress on stderr.
 *
 * @throws PapilioError `CONFIG_INVALID`, `STATE_DICT_MISMATCH`, and what else loading the model throws
 */
export async function loadAnyModel(
  path: string,
  config: ModelConfig,
  signal: AbortSignal,
): Promise<HuggingFaceModel | NodeClassifierModel | Perceptron> {
  if (config.model_type === "mlp") return await loadPerceptron(path, config, signal);
  const load = classifiesNodes(config) ? loadNodeClassifier : loadModel;
  return await load(path, config, signal);
}

/** All weights of a folder, or of a file, in memory; progress on stderr. Throws what `loadStateDict` throws. */
export async function loadWeights(path: string, signal: AbortSignal): Promise<LoadedStateDict> {
  using shown = showShare("Loading");
  return await loadStateDict(path, {
    signal,
    onProgress: ({ loaded, total }) => shown.update(total === undefined ? 0 : loaded / total),
  });
}

/** What lies beside a model of sentence-transformers; undefined where there is no modules.json. */
export async function readSentenceFiles(
  folder: string,
  signal: AbortSignal,
): Promise<SentenceTransformersFiles | undefined> {
  const modules = await readJsonBeside(folder, "modules.json");
  if (modules === undefined) return undefined;
  const { configs, states } = sentenceFilesOf(modules);
  const contents = new Map<string, unknown>([["modules.json", modules]]);
  for (const name of configs) contents.set(name, await readJsonBeside(folder, name));
  const weights = new Map<string, StateDict>();
  for (const name of states) {
    weights.set(name, await loadStateDict(join(folder, name), { signal }));
  }
  return { configs: contents, states: weights };
}

/** The folder that a path to a model leads to: itself, or where its file lies. */
export async function folderOf(path: string): Promise<string> {
  return (await isFolder(path)) ? path : dirname(path);
}

/** @throws PapilioError `INPUT_UNREADABLE` where there is nothing */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw new PapilioError(
      "INPUT_UNREADABLE",
      `There is no model at ${path}: ${(cause as Error).message}.`,
      `Give a folder with config.json and safetensors files${basename(path).endsWith(".bin") ? ", or a file of llama2.c" : ""}.`,
      { cause },
    );
  }
}

/** What a JSON file beside a model holds; undefined where there is none. Throws `INPUT_UNREADABLE`. */
export async function readJsonBeside(folder: string, name: string): Promise<unknown> {
  const file = join(folder, name);
  const missing = await stat(file).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === "ENOENT",
  );
  return missing ? undefined : readJson(file, "that came with the model");
}
