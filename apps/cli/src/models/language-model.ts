import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { PapilioError } from "@papilio/butterfly";
import {
  assignStateDict,
  Decoder,
  huggingFaceTokenizer,
  Llama,
  llama2cTokenizer,
  readLlama2c,
  type Tokenizer,
} from "@papilio/nn";
import { readBytes } from "../input-file.ts";
import { isFolder, loadModel, readConfig, readJsonBeside } from "./model-folder.ts";

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
 * @throws PapilioError `TOKENIZER_MISSING`, `TOKENIZER_MISMATCH`, `MODEL_KIND`, and what reading the files
 *   throws
 */
export async function loadLanguageModel(
  path: string,
  tokenizerFile: string | undefined,
  signal: AbortSignal,
): Promise<LanguageModel> {
  const folder = await isFolder(path);
  // Before the weights, which may take minutes.
  if (tokenizerFile !== undefined) statTokenizer(tokenizerFile);
  return folder ? loadFolder(path, tokenizerFile, signal) : loadLlama2c(path, tokenizerFile);
}

async function loadLlama2c(path: string, file: string | undefined): Promise<LanguageModel> {
  const { config, tensors } = readLlama2c(await readBytes(path));
  const model = new Llama(config);
  assignStateDict(model.namedParameters(), tensors);
  const names = [`tok${config.vocabulary}.bin`, "tokenizer.bin", "tokenizer.json"];
  const found = file ?? findTokenizer(dirname(path), names);
  const tokenizer = await readTokenizer(found, model);
  // Its texts are divided by the token that they begin with.
  const { beginOfSequence, endOfSequence } = tokenizer;
  return { model, tokenizer, stopTokens: tokensOf([beginOfSequence, endOfSequence]) };
}

async function loadFolder(
  path: string,
  file: string | undefined,
  signal: AbortSignal,
): Promise<LanguageModel> {
  const config = await readConfig(path);
  const found = file ?? findTokenizer(path, ["tokenizer.json"]);
  const model = await loadModel(path, config, signal);
  if (!(model instanceof Decoder)) {
    throw new PapilioError(
      "MODEL_KIND",
      `The model in ${path} is of the type ${config.model_type}, which continues no text.`,
      "Give a language model: llama or gpt2.",
    );
  }
  const tokenizer = await readTokenizer(found, model);
  const generation = await readJsonBeside(path, "generation_config.json");
  const ends = [config, generation].flatMap(
    (fields) => (fields as { eos_token_id?: unknown } | null | undefined)?.eos_token_id,
  );
  return { model, tokenizer, stopTokens: tokensOf([...ends, tokenizer.endOfSequence]) };
}

function tokensOf(ids: readonly unknown[]): number[] {
  return [...new Set(ids)].filter((id) => typeof id === "number");
}

async function readTokenizer(file: string, { vocabulary }: Decoder): Promise<Tokenizer> {
  const bytes = await readBytes(file);
  const beside = join(dirname(file), "tokenizer_config.json");
  const tokenizer = file.endsWith(".json")
    ? await huggingFaceTokenizer(bytes, isFile(beside) ? await readBytes(beside) : undefined)
    : llama2cTokenizer(bytes);
  const { vocabularySize } = tokenizer;
  if (vocabularySize <= vocabulary) return tokenizer;
  throw new PapilioError(
    "TOKENIZER_MISMATCH",
    `The tokenizer ${file} has ${vocabularySize} tokens, and the model ${vocabulary}.`,
    "Name the tokenizer of the model with --tokenizer.",
  );
}

function findTokenizer(folder: string, names: readonly string[]): string {
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
