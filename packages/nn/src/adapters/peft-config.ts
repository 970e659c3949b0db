import { PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import { ConfigFields } from "../models/hugging-face/config-fields.ts";
import type { AdapterType } from "./adapter.ts";
import { endsInOneOf, tableOfPatterns, wholeNamePattern } from "./name-pattern.ts";
import type { OftOptions } from "./rotations.ts";

/** What an adapter_config.json says, checked. */
export interface PeftConfig {
  readonly type: AdapterType;
  /** Whether a module is to be changed, by its name. */
  readonly isTarget: (module: string) => boolean;
  /** Whether a module was trained as a whole, by its name. */
  readonly isSaved: (module: string) => boolean;
  /** Whether biases may be stored too. */
  readonly biases: boolean;
  readonly rankOf: (module: string) => number;
  /** By what a change is multiplied. */
  readonly scaleOf: (module: string) => number;
  /** Whether the changed vectors have a length that was learned. */
  readonly decomposed: boolean;
  readonly oft: OftOptions;
  readonly boft: { readonly size: number | undefined; readonly factors: number | undefined };
}

const FILE = "adapter_config.json";

const TYPES: Readonly<Record<string, AdapterType>> = {
  LORA: "lora",
  LOHA: "loha",
  LOKR: "lokr",
  OFT: "oft",
  BOFT: "boft",
};

/** What says nothing of how a trained adapter computes. */
const IGNORED: ReadonlySet<string> = new Set([
  ...["peft_type", "task_type", "auto_mapping", "peft_version", "inference_mode"],
  ...["base_model_name_or_path", "revision", "runtime_config", "ensure_weight_tying"],
  ...["lora_dropout", "rank_dropout", "rank_dropout_scale", "module_dropout", "boft_dropout"],
  ...["loftq_config", "eva_config", "corda_config", "lora_ga_config", "megatron_core"],
  ...["qalora_group_size", "init_weights", "decompose_both", "decompose_factor", "eps"],
  // That tensors of convolutions are refused by name says enough.
  ...["use_effective_conv2d"],
]);

/** What is read, of all types. */
const READ: ReadonlySet<string> = new Set([
  ...["target_modules", "exclude_modules", "modules_to_save", "bias", "fan_in_fan_out"],
  ...["layers_to_transform", "layers_pattern", "r", "alpha", "lora_alpha"],
  ...["rank_pattern", "alpha_pattern", "use_rslora", "use_dora", "init_lora_weights"],
  ...["oft_block_size", "block_share", "use_cayley_neumann", "num_cayley_neumann_terms"],
  ...["boft_block_size", "boft_block_num", "boft_n_butterfly_factor"],
]);

/** Terms of a series at most: of more, none would still change anything. */
const MOST_TERMS = 64;

/**
 * Reads an adapter_config.json of PEFT, of which what would make other weights than are computed here is refused.
 *
 * @param config its contents, parsed
 * @throws PapilioError `CONFIG_INVALID`, `CONFIG_UNSUPPORTED`
 */
export function peftConfig(config: unknown): PeftConfig {
  const fields = new ConfigFields(config, "", FILE);
  const name = fields.text("peft_type");
  if (name === undefined) throw missing("peft_type", "a text");
  if (!Object.hasOwn(TYPES, name)) fields.only("peft_type", Object.keys(TYPES));
  const type = TYPES[name] as AdapterType;
  requireKnown(fields, config as Readonly<Record<string, unknown>>);
  // PEFT corrects it by what the module is, as is done here.
  fields.flag("fan_in_fan_out", false);
  fields.only("bias", ["none", "all", `${type}_only`]);
  // Others change the model's own weights before training.
  fields.only("init_lora_weights", [true, false, "gaussian", "eva", "orthogonal"]);
  const saved = fields.texts("modules_to_save") ?? [];
  return {
    type,
    isTarget: targetsOf(fields),
    isSaved: (module) => endsInOneOf(module, saved),
    biases: fields.text("bias") !== undefined && fields.text("bias") !== "none",
    ...ranksOf(fields, type),
    decomposed: fields.flag("use_dora", false),
    oft: oftOf(fields, type),
    boft: {
      size: fields.sizeUnlessZero("boft_block_size"),
      factors: fields.sizeIfAny("boft_n_butterfly_factor"),
    },
  };
}

function ranksOf(fields: ConfigFields, type: AdapterType): Pick<PeftConfig, "rankOf" | "scaleOf"> {
  const additive = type === "lora" || type === "loha" || type === "lokr";
  if (!additive) return { rankOf: () => 0, scaleOf: () => 1 };
  const rank = fields.size("r", 8);
  const alpha = fields.positive(type === "lora" ? "lora_alpha" : "alpha", 8);
  const [ranks, alphas] = (["rank_pattern", "alpha_pattern"] as const).map((name) => {
    const own = fields.within(name);
    const values = (own?.names() ?? []).map((pattern) => {
      const value = name === "rank_pattern" ? own?.size(pattern) : own?.positive(pattern, 1);
      return [pattern, value as number] as const;
    });
    return tableOfPatterns(new Map(values), name);
  }) as [(name: string) => number | undefined, (name: string) => number | undefined];
  const root = type === "lora" && fields.flag("use_rslora", false);
  const rankOf = (module: string): number => ranks(module) ?? rank;
  const scaleOf = (module: string): number => {
    const own = rankOf(module);
    return (alphas(module) ?? alpha) / (root ? Math.sqrt(own) : own);
  };
  return { rankOf, scaleOf };
}

function oftOf(fields: ConfigFields, type: AdapterType): OftOptions {
  // Versions of PEFT differ in what its absence means; all of them write it.
  if (type === "oft" && !fields.has("use_cayley_neumann")) {
    throw missing("use_cayley_neumann", "true or false");
  }
  const series = type === "oft" && fields.flag("use_cayley_neumann", false);
  return {
    shared: fields.flag("block_share", false),
    size: fields.sizeUnlessZero("oft_block_size"),
    terms: series ? fields.size("num_cayley_neumann_terms", 5, MOST_TERMS) : undefined,
  };
}

/** Which modules are to be changed: those whose names match, of the layers that are asked for, but for the excluded. */
function targetsOf(fields: ConfigFields): PeftConfig["isTarget"] {
  const wanted = selection(fields, "target_modules");
  if (wanted === undefined) throw missing("target_modules", "a pattern or a list of names");
  const excluded = selection(fields, "exclude_modules") ?? (() => false);
  const layers = fields.wholes("layers_to_transform");
  // Which numbers of a name are layers; all names of the models here have one number.
  fields.texts("layers_pattern");
  const isOfLayer = (module: string): boolean => {
    const number = /(?:^|\.)(\d+)\./.exec(module)?.[1];
    return layers === undefined || (number !== undefined && layers.includes(Number(number)));
  };
  return (module) => wanted(module) && isOfLayer(module) && !excluded(module);
}

/** A text is a pattern of whole names; the words of a list are names or their ends. */
function selection(fields: ConfigFields, name: string): ((module: string) => boolean) | undefined {
  const texts = fields.texts(name);
  if (texts === undefined) return undefined;
  const [only = ""] = texts;
  if (fields.isList(name)) return (module) => endsInOneOf(module, texts);
  if (only === "all-linear") return (module) => !/(^|\.)(lm_head|classifier)$/.test(module);
  return wholeNamePattern(only, name);
}

function requireKnown(fields: ConfigFields, config: Readonly<Record<string, unknown>>): void {
  for (const name of fields.names()) {
    if (IGNORED.has(name) || READ.has(name)) continue;
    const value = config[name] ?? false;
    const empty = value === false || (typeof value === "object" && Object.keys(value).length === 0);
    if (empty) continue;
    throw new PapilioError(
      "CONFIG_UNSUPPORTED",
      `${describeValue(name)} of the adapter's ${FILE} is ${describeValue(value)}, which is not computed here.`,
      "Use an adapter without it.",
    );
  }
}

function missing(name: string, wanted: string): PapilioError {
  return new PapilioError(
    "CONFIG_INVALID",
    `${name} of the adapter's ${FILE} is missing, but it must be ${wanted}.`,
    `Pass the ${FILE} that came with the weights, as it is.`,
  );
}
