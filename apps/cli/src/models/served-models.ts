import { basename, extname, join } from "node:path";
import { PapilioError } from "@papilio/butterfly";
import { SentenceEncoder } from "@papilio/nn";
import { outlineFromHuggingFace, sentenceModules } from "@papilio/nn/models";
import type { SentenceText } from "@papilio/nn/tokenizers";
import type { ServedModel } from "@papilio/server";
import { readBytes } from "../files/input-file.ts";
import { note } from "../process/print.ts";
import {
  type ComputeFlags,
  chooseModelBackend,
  dtypeOf,
  NOT_TUNED,
  OnDemandAdapter,
  tuningOf,
} from "./compute.ts";
import { findTokenizer, loadLanguageModel, readTokenizer } from "./language-model.ts";
import {
  isFolder,
  loadModel,
  type ModelConfig,
  readConfig,
  readJsonBeside,
  readSentenceFiles,
} from "./model-folder.ts";
import { requireFits, smallestGraph } from "./require-fits.ts";

/** What flags say of all models that are served. */
export interface ServedFlags extends ComputeFlags {
  readonly tokenizer?: string;
  readonly chatTemplate?: string;
  readonly context?: number | undefined;
  /** Bytes. */
  readonly cacheBudget?: number;
  readonly reproducible?: boolean;
}

/** Those of chats are some thousand characters. */
const MOST_TEMPLATE_BYTES = 2 ** 20;

/**
 * Loads what is to be served: `PATH`, which is called as its file or folder, or `NAME=PATH`.
 *
 * @throws PapilioError `MODEL_KIND`, and what reading the files throws
 */
export async function loadServedModel(
  given: string,
  flags: ServedFlags,
  signal: AbortSignal,
): Promise<ServedModel> {
  const { name, path } = namedPath(given);
  using adapter = new OnDemandAdapter(flags.adapter);
  const kind = await loadByKind(path, flags, { signal, adapter });
  const dtype = dtypeOf(flags);
  const { backend } = await chooseModelBackend(flags, dtype, smallestGraph(kind.model));
  if (backend === "cpu" && flags.tune) note(NOT_TUNED);
  return { name, ...kind, dtype, place: backend, tune: tuningOf(flags, signal) };
}

/** A path, and what requests call the model: `NAME=PATH`, or as its file or folder. */
export function namedPath(given: string): { readonly name: string; readonly path: string } {
  const [, name, path = given] = /^([^=/\\]+)=(.+)$/s.exec(given) ?? [];
  return { name: name ?? nameOf(path), path };
}

/** A model that smallestGraph knows, with what its texts need. */
type Loaded = Omit<ServedModel, "name" | "model"> & {
  readonly model: Parameters<typeof smallestGraph>[0];
};

async function loadByKind(
  path: string,
  flags: ServedFlags,
  { signal, adapter }: { readonly signal: AbortSignal; readonly adapter: OnDemandAdapter },
): Promise<Loaded> {
  const folder = await isFolder(path);
  const config = folder ? await readConfig(path) : undefined;
  if (config !== undefined && ["bert", "vit"].includes(config.model_type)) {
    await requireFits(flags, outlineFromHuggingFace(config), adapter);
    const model = await loadModel(path, config, signal);
    if (!(model instanceof SentenceEncoder)) return { model };
    return { model, ...(await sentenceTexts(path, config, { flags, signal })) };
  }
  const language = await loadLanguageModel(path, flags.tokenizer, signal, (outline) =>
    requireFits(flags, outline, adapter),
  );
  const { model } = language;
  if (!("traceStep" in model)) throw notServed(path);
  const beside = folder ? await chatsBeside(path) : {};
  const template = flags.chatTemplate;
  const own = template === undefined ? {} : { chatTemplate: await readText(template) };
  return {
    ...language,
    model: model as Loaded["model"],
    context: flags.context,
    cacheBudget: flags.cacheBudget,
    reproducible: flags.reproducible ?? false,
    ...beside,
    ...own,
  };
}

/** The tokenizer of an encoder, where it has one, and how it wants its texts. */
async function sentenceTexts(
  path: string,
  config: ModelConfig,
  { flags, signal }: { readonly flags: ServedFlags; readonly signal: AbortSignal },
): Promise<Pick<ServedModel, "tokenizer" | "sentences">> {
  const file = flags.tokenizer ?? findTokenizer(path, ["tokenizer.json"]);
  const tokenizer = await readTokenizer(file, Number(config.vocab_size));
  const files = await readSentenceFiles(path, signal);
  const sentences: SentenceText | undefined =
    files && sentenceModules(files, Number(config.hidden_size)).text;
  return { tokenizer, sentences };
}

/** The template of chats beside a model, and the tokens that it names. */
async function chatsBeside(
  folder: string,
): Promise<Pick<ServedModel, "chatTemplate" | "specialTokens">> {
  const config = ((await readJsonBeside(folder, "tokenizer_config.json")) ?? {}) as Readonly<
    Record<string, unknown>
  >;
  const specialTokens = Object.fromEntries(
    Object.entries(config).flatMap(([name, token]) => {
      const text = typeof token === "string" ? token : (token as { content?: unknown })?.content;
      return name.endsWith("_token") && typeof text === "string" ? [[name, text] as const] : [];
    }),
  );
  const chatTemplate = templateOf(config.chat_template);
  return { specialTokens, ...(chatTemplate === undefined ? {} : { chatTemplate }) };
}

/** One template, or the default one of several. */
function templateOf(given: unknown): string | undefined {
  if (typeof given === "string") return given;
  if (!Array.isArray(given)) return undefined;
  const found = given.find((one) => one?.name === "default")?.template;
  return typeof found === "string" ? found : undefined;
}

async function readText(file: string): Promise<string> {
  return new TextDecoder().decode(await readBytes(file, MOST_TEMPLATE_BYTES));
}

function nameOf(path: string): string {
  const name = basename(join(path, "."));
  return extname(name) === ".bin" ? name.slice(0, -".bin".length) : name;
}

function notServed(path: string): PapilioError {
  return new PapilioError(
    "MODEL_KIND",
    `The model in ${path} is not one that can be served.`,
    "Give a language model, an encoder of sentences, or a vision transformer.",
  );
}
