import { requireArray } from "@papilio/butterfly/errors";
import { wrongKind } from "@papilio/butterfly/files";
import { MOST_LAYERS } from "./most-layers.ts";
import { type StateDict, StoredTensor } from "./stored-tensor.ts";
import { weightsError } from "./weights-error.ts";

/** What a model needs beside its weights: the header of a llama2.c file, and what the format implies. */
export interface Llama2cConfig {
  readonly vocabulary: number;
  readonly features: number;
  /** Features between the feed-forward layers. */
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  /** Fewer than heads where several share keys and values. */
  readonly keyValueHeads: number;
  /** Longest sequence. */
  readonly positions: number;
  /** Of the normalizations. */
  readonly epsilon: number;
  /** Of the rotary embedding. */
  readonly theta: number;
  /**
   * Which features a rotation turns together: 2i and 2i + 1 of a head. Checkpoints for Hugging Face have the
   * rows of queries and keys in another order, for pairs of i and i + headFeatures / 2.
   */
  readonly rotary: "interleaved";
  /** Whether the head is the embedding, and `lm_head.weight` not among the tensors. */
  readonly tiedHead: boolean;
}

/** A model of a llama2.c file. */
export interface Llama2cModel {
  readonly config: Llama2cConfig;
  /** By the names of Hugging Face's Llama, views of the file's bytes in F32. */
  readonly tensors: StateDict;
}

const HEADER_BYTES = 28;
/** "ak42", which later versions of the format begin with. */
const LATER_VERSION = 0x616b3432;

/**
 * Reads a model of llama2.c, version 0 of its format: seven int32 in front of float32 tensors, those of
 * all layers together for each kind, matrices `[out, in]`. Nothing is copied.
 *
 * Source: karpathy/llama2.c, the reading of checkpoints in run.c.
 *
 * @throws PapilioError `FILE_HEADER` for sizes that no model has, or another version; `FILE_TRUNCATED`;
 *   `FILE_TENSOR` when there are more bytes than the sizes ask for
 *
 * @example
 * ```ts
 * const { config, tensors } = readLlama2c(await readFile("stories260K.bin"));
 * const embedding = tensors.get("model.embed_tokens.weight")?.toReal("float32");
 * ```
 */
export function readLlama2c(file: Uint8Array): Llama2cModel {
  requireArray("The model's file", file, "Uint8Array");
  const config = readConfig(file);
  const places = placesOf(config);
  const elements = places.reduce((sum, { count, shape }) => sum + count * product(shape), 0);
  const expected = HEADER_BYTES + 4 * elements;
  if (expected > file.length) {
    throw weightsError(
      "FILE_TRUNCATED",
      `A model of these sizes has ${expected} bytes, and the file ${file.length}.`,
    );
  }
  if (expected < file.length) {
    throw weightsError(
      "FILE_TENSOR",
      `A model of these sizes has ${expected} bytes, and the file ${file.length}: more than that.`,
    );
  }
  const tensors = new Map<string, StoredTensor>();
  let at = HEADER_BYTES;
  for (const { name, count, shape } of places) {
    const bytes = 4 * product(shape);
    for (let layer = 0; layer < count; layer++, at += bytes) {
      const begin = at;
      const full = name?.replace("*", String(layer));
      if (full === undefined) continue;
      const read = (): Uint8Array => file.subarray(begin, begin + bytes);
      tensors.set(full, new StoredTensor({ name: full, dtype: "F32", shape }, bytes, read));
    }
  }
  return { config, tensors };
}

function readConfig(file: Uint8Array): Llama2cConfig {
  if (file.length < HEADER_BYTES) {
    const other = wrongKind(file, ["llama2c"], "a llama2.c model");
    if (other !== undefined) throw other;
    throw weightsError(
      "FILE_TRUNCATED",
      `The file has ${file.length} bytes, less than its header.`,
    );
  }
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.getUint32(0, true) === LATER_VERSION) {
    throw weightsError(
      "FILE_HEADER",
      `The file is of version ${view.getInt32(4, true)} of its format, not of version 0.`,
    );
  }
  const sizes = Array.from({ length: 7 }, (_, index) => view.getInt32(4 * index, true));
  const [features, hidden, layers, heads, keyValueHeads, signed, positions] = sizes as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const vocabulary = Math.abs(signed);
  if (layers > MOST_LAYERS) {
    throw (
      wrongKind(file, ["llama2c"], "a llama2.c model") ??
      weightsError(
        "FILE_HEADER",
        `The header speaks of ${layers} layers, more than the ${MOST_LAYERS} of any model.`,
      )
    );
  }
  const positive = sizes.with(5, vocabulary).every((size) => size > 0);
  if (!positive || features % (2 * heads) !== 0 || heads % keyValueHeads !== 0) {
    const other = wrongKind(file, ["llama2c"], "a llama2.c model");
    if (other !== undefined) throw other;
    throw weightsError(
      "FILE_HEADER",
      `The sizes ${sizes.join(", ")} cannot be those of a model: all but the sixth above 0, the first an even multiple of the fourth, the fourth a multiple of the fifth.`,
    );
  }
  return {
    vocabulary,
    features,
    hidden,
    layers,
    heads,
    keyValueHeads,
    positions,
    epsilon: 1e-5,
    theta: 10_000,
    rotary: "interleaved",
    // A negative size says that the head has weights of its own.
    tiedHead: signed > 0,
  };
}

/** What follows the header, in order: `count` tensors each, without a name for what is not needed. */
interface Place {
  readonly name: string | undefined;
  readonly count: number;
  readonly shape: readonly number[];
}

function placesOf(config: Llama2cConfig): Place[] {
  const { vocabulary, features, hidden, layers, positions } = config;
  const headFeatures = features / config.heads;
  const keyValueFeatures = headFeatures * config.keyValueHeads;
  const one = (name: string | undefined, ...shape: number[]): Place => ({ name, count: 1, shape });
  const each = (name: string, ...shape: number[]): Place => ({
    name: `model.layers.*.${name}.weight`,
    count: layers,
    shape,
  });
  const places = [
    one("model.embed_tokens.weight", vocabulary, features),
    each("input_layernorm", features),
    each("self_attn.q_proj", features, features),
    each("self_attn.k_proj", keyValueFeatures, features),
    each("self_attn.v_proj", keyValueFeatures, features),
    each("self_attn.o_proj", features, features),
    each("post_attention_layernorm", features),
    each("mlp.gate_proj", hidden, features),
    each("mlp.down_proj", features, hidden),
    each("mlp.up_proj", hidden, features),
    one("model.norm.weight", features),
    // Tables of cosines and sines, which are computed today.
    one(undefined, 2, positions, headFeatures / 2),
  ];
  if (!config.tiedHead) places.push(one("lm_head.weight", vocabulary, features));
  return places;
}

function product(shape: readonly number[]): number {
  return shape.reduce((elements, size) => elements * size, 1);
}
