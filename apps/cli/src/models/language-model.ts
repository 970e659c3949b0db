import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { PapilioError } from "@papilio/butterfly";
import { type HuggingFaceModel, Llama } from "@papilio/nn";
import { Decoder, outlineFromHuggingFace } from "@papilio/nn/models";
import {
  huggingFaceTokenizer,
  llama2cTokenizer,
  requireTokenizerFits,
  type Tokenizer,
} from "@papilio/nn/tokenizers";
import { assignStateDict, readLlama2c } from "@papilio/nn/weights";
import { readBytes } from "../files/input-file.ts";
import { isFolder, loadModel, readConfig, readJsonBeside } from "./model-folder.ts";

/** Those of the largest vocabularies are a tenth of this. */
const MOST_TOKENIZER_BYTES = 2 ** 28;

/** Types of models that continue text. */
export const TEXT_MODELS: readonly string[] = ["llama", "gpt2"];

/** A model that continues text. */
export interface LanguageModel {
  readonly model: Decoder;
  readonly tokenizer: Tokenizer;
  /** Where a text ends. */
  readonly stopTokens: readonly number[];
}

/**
 * Loads a file of llama2.c or a folder as Hugging Face has them, and the tokenizer: the file that is
 * named, or one beside the model.
 *
 * @param check is given the model without its weights, before these are read
 * @throws PapilioError `TOKENIZER_MISSING`, `TOKENIZER_MISMATCH`, `MODEL_KIND`, and what reading the files
 *   throws, and `check`
 */
export async function loadLanguageModel(
  path: string,
  tokenizerFile: string | undefined,
  signal: AbortSignal,
  check: (outline: HuggingFaceModel | undefined) => Promise<void>,
): Promise<LanguageModel> {
  const folder = await isFolder(path);
  // Before the weights, which may take minutes.
  if (tokenizerFile !== undefined) statTokenizer(tokenizerFile);
  return folder
    ? loadFolder(path, tokenizerFile, signal, check)
    : loadLlama2c(path, tokenizerFile, check);
}

async function loadLlama2c(
  path: string,
  file: string | undefined,
  check: (outline: HuggingFaceModel) => Promise<void>,
): Promise<LanguageModel> {
  const { config, tensors } = readLlama2c(await readBytes(path));
  await check(new Llama({ ...config, layers: 1 }));
  const names = [`tok${config.vocabulary}.bin`, "tokenizer.bin", "tokenizer.json"];
  const found = file ?? findTokenizer(dirname(path), names);
  const tokenizer = await readTokenizer(found, config.vocabulary);
  const model = new Llama(config);
  assignStateDict(model.namedParameters(), tensors);
  // Its texts are divided by the token that they begin with.
  const { beginOfSequence, endOfSequence } = tokenizer;
  return { model, tokenizer, stopTokens: tokensOf([beginOfSequence, endOfSequence]) };
}

async function loadFolder(
  path: string,
  file: string | undefined,
  signal: AbortSignal,
  check: (outline: HuggingFaceModel | undefined) => Promise<void>,
): Promise<LanguageModel> {
  const config = await readConfig(path);
  const found = file ?? findTokenizer(path, ["tokenizer.json"]);
  // Before the weights, which may take minutes.
  const { model_type, vocab_size } = config;
  const early = TEXT_MODELS.includes(model_type) && typeof vocab_size === "number";
  const checked = early ? await readTokenizer(found, vocab_size) : undefined;
  await check(outlineFromHuggingFace(config));
  const model = await loadModel(path, config, signal);
  if (!(model instanceof Decoder)) {
    throw new PapilioError(
      "MODEL_KIND",
      `The model in ${path} is of the type ${config.model_type}, which continues no text.`,
      "Give a language model: llama or gpt2.",
    );
  }
  const tokenizer = checked ?? (await readTokenizer(found, model.vocabulary));
  const generation = await readJsonBeside(path, "generation_config.json");
  const ends = [config, generation].flatMap(
    (fields) => (fields as { eos_token_id?: unknown } | null | undefined)?.eos_token_id,
  );
  return { model, tokenizer, stopTokens: tokensOf([...ends, tokenizer.endOfSequence]) };
}

function tokensOf(ids: readonly unknown[]): number[] {
  return [...new Set(ids)].filter((id) => typeof id === "number");
}

/** Reads a tokenizer, of which kind its contents say, for a model of so many tokens. */
export async function readTokenizer(file: string, vocabulary: number): Promise<Tokenizer> {
  const bytes = await readBytes(file, MOST_TOKENIZER_BYTES);
  const beside = join(dirname(file), "tokenizer_config.json");
  const json = file.endsWith(".json") || bytes[0] === "{".charCodeAt(0);
  const tokenizer = json
    ? await huggingFaceTokenizer(
        bytes,
        isFile(beside) ? await readBytes(beside, MOST_TOKENIZER_BYTES) : undefined,
      )
    : llama2cTokenizer(bytes);
  requireTokenizerFits(tokenizer, vocabulary);
  return tokenizer;
}

/** @throws PapilioError `TOKENIZER_MISSING` */
export function findTokenizer(folder: string, names: readonly string[]): string {
  const found = names.map((name) => join(folder, name)).find(isFile);
  if (found !== undefined) return found;
  throw new PapilioError(
    "TOKENIZER_MISSING",
    `There is no tokenizer beside the model: none of ${names.join(", ")} is in ${folder}.`,
    "Name one with --tokenizer: a tokenizer.json, or a tokenizer.bin of llama2.c.",
  );
}

function statTokenizer(file: string): void {
  if (isFile(file)) return;
  throw new PapilioError(
    "TOKENIZER_MISSING",
    `There is no tokenizer at ${file}.`,
    "Name a tokenizer.json, or a tokenizer.bin of llama2.c.",
  );
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
