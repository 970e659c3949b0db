import { describeValue } from "@papilio/butterfly/errors";
import { map } from "../../arguments/checks.ts";
import { sliceTensor, transposeTensor } from "../../weights/derived-tensors.ts";
import type { StateDict, StoredTensor } from "../../weights/stored-tensor.ts";
import { quoteNames, weightsError } from "../../weights/weights-error.ts";

/** What becomes of a tensor: others, by their new names. */
type Conversion = (
  name: string,
  tensor: StoredTensor,
) => readonly (readonly [string, StoredTensor])[];

/** Names of three matrices that are stored as one, in their order. */
const QKV = ["q_proj", "k_proj", "v_proj"] as const;

/**
 * A Llama's weights from Hugging Face: they have our names already. Tables of rotary frequencies, and a
 * head where it is the embedding, are left out.
 */
export function llamaStateDict(state: StateDict, { tiedHead }: { tiedHead: boolean }): StateDict {
  return convert(state, (name, tensor) => {
    if (name.endsWith(".rotary_emb.inv_freq")) return [];
    if (tiedHead && name === "lm_head.weight") return [];
    return [[name, tensor]];
  });
}

/**
 * GPT-2's weights from Hugging Face, with or without `transformer.` in front. Its `Conv1D` has weights
 * `[in, out]`, queries, keys and values in one; masks that are stored, and a head, which is the embedding,
 * are left out.
 *
 * @throws PapilioError `STATE_DICT_RENAME`, `TENSOR_SHAPE`
 */
export function gpt2StateDict(state: StateDict): StateDict {
  return convert(state, (full, tensor) => {
    const name = full.replace(/^transformer\./, "");
    if (name === "lm_head.weight" || /\.attn\.(masked_)?bias$/.test(name)) return [];
    const attention = /^(h\.\d+\.attn\.)c_attn\.(weight|bias)$/.exec(name);
    if (attention !== null) {
      const axis = attention[2] === "weight" ? 1 : 0;
      return split(attention[1] as string, attention[2] as string, tensor, axis).map(
        ([part, own]) => [part, axis === 1 ? transposeTensor(own) : own] as const,
      );
    }
    const renamed = name
      .replace(/\.attn\.c_proj\./, ".attn.o_proj.")
      .replace(/\.mlp\.c_fc\./, ".mlp.fc1.")
      .replace(/\.mlp\.c_proj\./, ".mlp.fc2.");
    const transposed = renamed !== name && renamed.endsWith(".weight");
    return [[renamed, transposed ? transposeTensor(tensor) : tensor]];
  });
}

/**
 * A vision transformer's weights from Hugging Face's `ViTForImageClassification`. A pooler, which
 * classification does not use, is left out.
 *
 * @throws PapilioError `STATE_DICT_RENAME`
 */
export function vitStateDict(state: StateDict): StateDict {
  return rename(state, /^(vit\.)?pooler\./, [
    [/^vit\./, ""],
    [/^embeddings\.cls_token$/, "cls_token"],
    [/^embeddings\.position_embeddings$/, "pos_embed"],
    [/^embeddings\.patch_embeddings\.projection\./, "patch_embed.proj."],
    [/^encoder\.layer\.(\d+)\./, "blocks.$1."],
    [/\.attention\.attention\.(query|key|value)\./, ".attn.$1."],
    [/\.attention\.output\.dense\./, ".attn.o_proj."],
    [/\.intermediate\.dense\./, ".mlp.fc1."],
    [/\.output\.dense\./, ".mlp.fc2."],
    [/\.layernorm_before\./, ".norm1."],
    [/\.layernorm_after\./, ".norm2."],
    [/^layernorm\./, "norm."],
    [/^classifier\./, "head."],
    ...PROJECTIONS,
  ]);
}

/**
 * A BERT's weights from Hugging Face, with or without `bert.` in front, for a `SentenceEncoder`. Its
 * pooler and the heads that it was trained with, which sentences do not use, are left out.
 *
 * @throws PapilioError `STATE_DICT_RENAME`
 */
export function bertStateDict(state: StateDict): StateDict {
  return rename(state, /^((bert\.)?(pooler\.|embeddings\.position_ids$)|cls\.)/, [
    [/^bert\./, ""],
    [/^embeddings\.LayerNorm\./, "embeddings.norm."],
    [/\.attention\.self\.(query|key|value)\./, ".attn.$1."],
    [/\.attention\.output\.dense\./, ".attn.o_proj."],
    [/\.attention\.output\.LayerNorm\./, ".norm1."],
    [/\.intermediate\.dense\./, ".mlp.fc1."],
    [/\.output\.dense\./, ".mlp.fc2."],
    [/\.output\.LayerNorm\./, ".norm2."],
    // As files that come from TensorFlow have them.
    [/(norm\d?)\.gamma$/, "$1.weight"],
    [/(norm\d?)\.beta$/, "$1.bias"],
    ...PROJECTIONS,
  ]);
}

/**
 * A vision transformer's weights from timm: queries, keys and values are taken apart.
 *
 * @throws PapilioError `STATE_DICT_RENAME`, `TENSOR_SHAPE`
 *
 * @example
 * ```ts
 * const model = vitS16();
 * assignStateDict(model.namedParameters(), timmStateDict(await loadStateDict("model.safetensors")));
 * ```
 */
export function timmStateDict(state: StateDict): StateDict {
  return convert(state, (name, tensor) => {
    const attention = /^(blocks\.\d+\.attn\.)qkv\.(weight|bias)$/.exec(name);
    if (attention !== null) return split(attention[1] as string, attention[2] as string, tensor, 0);
    return [[name.replace(/^(blocks\.\d+\.attn\.)proj\./, "$1o_proj."), tensor]];
  });
}

const PROJECTIONS = [
  [/\.attn\.query\./, ".attn.q_proj."],
  [/\.attn\.key\./, ".attn.k_proj."],
  [/\.attn\.value\./, ".attn.v_proj."],
] as const;

function rename(
  state: StateDict,
  unused: RegExp,
  rules: readonly (readonly [RegExp, string])[],
): StateDict {
  return convert(state, (full, tensor) => {
    if (unused.test(full)) return [];
    return [[rules.reduce((name, [pattern, text]) => name.replace(pattern, text), full), tensor]];
  });
}

/** Queries, keys and values of a tensor that has them one after another along an axis. */
function split(
  prefix: string,
  kind: string,
  tensor: StoredTensor,
  axis: number,
): [string, StoredTensor][] {
  const size = tensor.shape[axis] ?? 0;
  if (size % QKV.length !== 0 || size === 0) {
    throw weightsError(
      "TENSOR_SHAPE",
      `The tensor ${quoteNames([tensor.name])} of shape ${describeValue(tensor.shape)} is not queries, keys and values, three of one size.`,
    );
  }
  const each = size / QKV.length;
  return QKV.map((part, index) => [
    `${prefix}${part}.${kind}`,
    sliceTensor(tensor, axis, index * each, (index + 1) * each),
  ]);
}

function convert(state: StateDict, conversion: Conversion): StateDict {
  map("The weights", state);
  const converted = new Map<string, StoredTensor>();
  for (const [name, tensor] of state) {
    for (const [next, own] of conversion(name, tensor)) {
      if (converted.has(next)) {
        throw weightsError(
          "STATE_DICT_RENAME",
          `Both ${quoteNames([name])} and another tensor would be ${quoteNames([next])}.`,
        );
      }
      converted.set(next, own);
    }
  }
  return converted;
}
