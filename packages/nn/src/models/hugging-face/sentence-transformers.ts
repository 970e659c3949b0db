import { PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import type { Activation } from "@papilio/butterfly/numeric";
import { anyNumber, type Check, map, objectOf, optional } from "../../arguments/checks.ts";
import type { SentenceText } from "../../tokenizers/sentences.ts";
import type { StateDict, StoredTensor } from "../../weights/stored-tensor.ts";
import type { SentenceEncoderConfig } from "../sentence-encoder.ts";
import type { Pooling, SentenceStep } from "../sentence-steps.ts";
import { ConfigFields } from "./config-fields.ts";

/** What lies beside a model of sentence-transformers, by paths in its folder. */
export interface SentenceTransformersFiles {
  /** Contents of modules.json and of what `sentenceFilesOf` names, parsed; some may be missing. */
  readonly configs: ReadonlyMap<string, unknown>;
  /** Weights in the folders of dense modules. */
  readonly states?: ReadonlyMap<string, StateDict>;
}

/** Refuses what are not {@link SentenceTransformersFiles}. */
export const sentenceFilesCheck: Check = objectOf({ configs: map, states: optional(map) });

/** What these files say. */
export interface SentenceModules {
  readonly config: Required<Pick<SentenceEncoderConfig, "pooling" | "steps">> &
    Pick<SentenceEncoderConfig, "maxTokens">;
  /** How texts become ids: for `encodeSentences`. */
  readonly text: SentenceText;
  /** Weights of what comes after pooling, by the names of a `SentenceEncoder`. */
  readonly state: StateDict;
}

const MODULES = "modules.json";
/** Each may have a file of its own. */
const MOST_MODULES = 32;
const LIMITS = "sentence_bert_config.json";
const PROMPTS = "config_sentence_transformers.json";

/** As their parts stand in the vector, with their names in newer files. */
const POOLINGS: readonly (readonly [flag: string, mode: string, pooling: Pooling | undefined])[] = [
  ["pooling_mode_cls_token", "cls", "cls"],
  ["pooling_mode_max_tokens", "max", "max"],
  ["pooling_mode_mean_tokens", "mean", "mean"],
  ["pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens", "mean-sqrt-length"],
  ["pooling_mode_weightedmean_tokens", "weightedmean", "weighted-mean"],
  ["pooling_mode_lasttoken", "lasttoken", undefined],
];

const ACTIVATIONS: Readonly<Record<string, Activation | undefined>> = {
  Identity: undefined,
  Tanh: { kind: "tanh" },
  ReLU: { kind: "relu" },
  ReLU6: { kind: "relu", upper: 6 },
  GELU: { kind: "gelu", approximate: "none" },
  SiLU: { kind: "silu" },
  Sigmoid: { kind: "sigmoid" },
};

interface ModuleEntry {
  /** The last part of its class, such as `Pooling`. */
  readonly type: string;
  readonly path: string;
}

/**
 * Which files are to be read beside a model of sentence-transformers, by paths in its folder.
 *
 * @param modules contents of modules.json, parsed
 * @throws PapilioError `CONFIG_INVALID`, `CONFIG_UNSUPPORTED`
 */
export function sentenceFilesOf(modules: unknown): {
  readonly configs: readonly string[];
  /** Folders of weights. */
  readonly states: readonly string[];
} {
  const entries = entriesOf(modules).filter(({ type }) => type === "Pooling" || type === "Dense");
  return {
    configs: [...entries.map(({ path }) => `${path}/config.json`), LIMITS, PROMPTS],
    states: entries.filter(({ type }) => type === "Dense").map(({ path }) => path),
  };
}

/**
 * What modules.json and the files of its modules ask for: pooling, normalization, dense layers, the number of
 * tokens, prompts. What is not computed here is refused by name.
 *
 * Source: sentence-transformers, whose defaults these are.
 *
 * @param features of the encoder's vectors
 * @throws PapilioError `CONFIG_INVALID`, `CONFIG_UNSUPPORTED`
 */
export function sentenceModules(
  files: SentenceTransformersFiles,
  features: number,
): SentenceModules {
  sentenceFilesCheck("the files of sentence-transformers", files);
  anyNumber("features", features);
  const { configs, states = new Map() } = files;
  const [first, second, ...rest] = entriesOf(configs.get(MODULES));
  if (first?.type !== "Transformer" || first.path !== "") throw unsupported(first);
  if (second?.type !== "Pooling") throw unsupported(second);
  const text = textOf(configs);
  const pooling = poolingOf(fieldsOf(configs, `${second.path}/config.json`), features, text);
  let width = pooling.length * features;
  const steps: SentenceStep[] = [];
  const state = new Map<string, StoredTensor>();
  let layers = 0;
  for (const entry of rest) {
    if (entry.type === "Normalize") steps.push({ kind: "normalize" });
    else if (entry.type === "Dense") {
      const step = denseOf(fieldsOf(configs, `${entry.path}/config.json`), width);
      for (const [name, tensor] of states.get(entry.path) ?? []) {
        state.set(name.replace(/^linear\./, `dense.${layers}.`), tensor);
      }
      steps.push(step);
      width = step.features;
      layers++;
    } else throw unsupported(entry);
  }
  return { config: { pooling, steps, maxTokens: text.maxTokens }, text, state };
}

function entriesOf(modules: unknown): ModuleEntry[] {
  if (!Array.isArray(modules)) {
    throw new PapilioError(
      "CONFIG_INVALID",
      `The model's ${MODULES} is not a list of modules.`,
      `Pass the ${MODULES} that came with the weights, as it is.`,
    );
  }
  if (modules.length > MOST_MODULES) {
    throw new PapilioError(
      "CONFIG_UNSUPPORTED",
      `The model's ${MODULES} has ${modules.length} modules, more than the ${MOST_MODULES} that are read.`,
      "Use a model with fewer.",
    );
  }
  return modules.map((one: unknown, index) => {
    const fields = new ConfigFields(one, `[${index}].`, MODULES);
    const type = fields.text("type") ?? "";
    const path = fields.text("path") ?? "";
    // A folder beside it, nothing else.
    if (!/^(\w[\w.-]{0,99})?$/.test(path)) fields.only("path", ["1_Pooling"]);
    return { type: type.slice(type.lastIndexOf(".") + 1), path };
  });
}

function unsupported(entry: ModuleEntry | undefined): PapilioError {
  return new PapilioError(
    "CONFIG_UNSUPPORTED",
    entry === undefined
      ? `The model's ${MODULES} ends before a module for pooling.`
      : `The model's ${MODULES} has the module ${describeValue(entry.type)}${entry.path === "" ? "" : ` in ${describeValue(entry.path)}`} where it is not computed here.`,
    "Use a model of a Transformer and Pooling, with Dense and Normalize after them.",
  );
}

function fieldsOf(configs: SentenceTransformersFiles["configs"], name: string): ConfigFields {
  return new ConfigFields(configs.get(name), "", name);
}

function poolingOf(fields: ConfigFields, features: number, text: SentenceText): Pooling[] {
  for (const name of ["word_embedding_dimension", "embedding_dimension"]) {
    if (fields.sizeIfAny(name) !== undefined) fields.only(name, [features]);
  }
  // Tokens of a prompt would have to be left out, which ids alone do not tell.
  const prompted = Object.values(text.prompts ?? {}).some((prompt) => prompt !== "");
  if (prompted) fields.only("include_prompt", [true]);
  const modes = fields.texts("pooling_mode");
  const found: Pooling[] = [];
  for (const [flag, mode, pooling] of POOLINGS) {
    const asked = modes?.includes(mode) ?? fields.flag(flag, mode === "mean");
    if (!asked) continue;
    if (pooling !== undefined) found.push(pooling);
    else if (modes === undefined) fields.only(flag, [false]);
  }
  const known = POOLINGS.flatMap(([, mode, pooling]) => (pooling === undefined ? [] : mode));
  if (modes?.some((mode) => !known.includes(mode))) fields.only("pooling_mode", known);
  if (found.length === 0) {
    throw new PapilioError(
      "CONFIG_UNSUPPORTED",
      "The model's file for pooling names no pooling_mode at all.",
      `Use a model with one of ${known.join(", ")}.`,
    );
  }
  for (const name of fields.names()) {
    const other = name.startsWith("pooling_mode_") && !POOLINGS.some(([flag]) => flag === name);
    if (other) fields.only(name, [false]);
  }
  return found;
}

function denseOf(fields: ConfigFields, width: number): SentenceStep & { readonly kind: "dense" } {
  fields.only("in_features", [width]);
  const name = fields.text("activation_function") ?? "torch.nn.modules.activation.Tanh";
  const short = name.slice(name.lastIndexOf(".") + 1);
  if (!Object.hasOwn(ACTIVATIONS, short)) {
    fields.only("activation_function", Object.keys(ACTIVATIONS));
  }
  return {
    kind: "dense",
    features: fields.size("out_features"),
    bias: fields.flag("bias", true),
    activation: ACTIVATIONS[short],
  };
}

function textOf(configs: SentenceTransformersFiles["configs"]): SentenceText {
  const limits = new ConfigFields(configs.get(LIMITS) ?? {}, "", LIMITS);
  const settings = new ConfigFields(configs.get(PROMPTS) ?? {}, "", PROMPTS);
  settings.only("truncate_dim", [undefined]);
  const all = settings.within("prompts");
  const prompts = Object.fromEntries(
    (all?.names() ?? []).map((name) => [name, all?.text(name) ?? ""]),
  );
  const name = settings.text("default_prompt_name");
  if (name !== undefined && !Object.hasOwn(prompts, name)) {
    settings.only("default_prompt_name", Object.keys(prompts));
  }
  return {
    maxTokens: limits.sizeIfAny("max_seq_length"),
    lowerCase: limits.flag("do_lower_case", false),
    prompts,
    defaultPrompt: name,
  };
}
