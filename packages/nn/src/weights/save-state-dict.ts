import { type FloatArray, PapilioError } from "@papilio/butterfly";
import { requireArray, requireObject } from "@papilio/butterfly/errors";
import {
  type SafetensorsTensor,
  type TensorToWrite,
  writeSafetensors,
} from "@papilio/butterfly/files";
import { anyNumber, map, objectOf, oneOf, optional, recordOf, text } from "../arguments/checks.ts";
import { INDEX_FILE, SINGLE_FILE } from "./shard-index.ts";
import { StoredTensor, storedCheck } from "./stored-tensor.ts";

/** What is saved under a name: values in memory, or a tensor as it is stored. */
export type TensorToSave =
  | StoredTensor
  | { readonly shape: readonly number[]; readonly values: FloatArray };

/** How weights are saved. */
export interface SaveStateDictOptions {
  /**
   * Most bytes of tensors in a file, if there are more than one in it; 2 GB unless given. What does not
   * fit in one file is saved in shards with an index.
   */
  readonly maxShardBytes?: number;
  /**
   * How real numbers of 16 bits and more are stored, rounded where that is lower. Unless given, as they
   * are; integers, booleans and complex numbers always are.
   */
  readonly dtype?: "F32" | "F16" | "BF16";
  /** For the header of each file. */
  readonly metadata?: Readonly<Record<string, string>>;
}

const MAX_SHARD_BYTES = 2e9;
const FLOAT_BYTES: Readonly<Record<string, number>> = { F64: 8, F32: 4, F16: 2, BF16: 2 };

/** A tensor with the type that it will have, not yet encoded. */
interface Planned {
  readonly name: string;
  readonly dtype: string;
  readonly bytes: number;
  readonly tensor: TensorToSave;
}

/**
 * Weights as files: `model.safetensors`, or where that would be larger than `maxShardBytes`, shards in the
 * order of the tensors and `model.safetensors.index.json`. {@link loadStateDict} reads them back.
 *
 * `saveStateDict` of `@papilio/nn/node` writes them to a folder, one after another.
 *
 * @returns the contents of the files by their names
 * @throws PapilioError `STATE_DICT_TOO_LARGE` for a `maxShardBytes` that is not above 0; `TENSOR_SHAPE`,
 *   `FILE_TENSOR` for what cannot be written
 *
 * @example
 * ```ts
 * const files = saveStateDict(state, { dtype: "BF16", maxShardBytes: 2 ** 28 });
 * ```
 */
export function saveStateDict(
  tensors: ReadonlyMap<string, TensorToSave>,
  options: SaveStateDictOptions = {},
): Map<string, Uint8Array<ArrayBuffer>> {
  return new Map(encodeFiles(tensors, options));
}

const optionsCheck = objectOf({
  maxShardBytes: optional(anyNumber),
  dtype: optional(oneOf("F32", "F16", "BF16")),
  metadata: optional(recordOf(text)),
});

/** Refuses what are not tensors by their names: throws `OPTION_INVALID`, `ARRAY_TYPE`. */
export function requireSavable(
  tensors: ReadonlyMap<string, TensorToSave>,
  options: SaveStateDictOptions,
): void {
  map("The tensors", tensors);
  optionsCheck("saveStateDict", options);
  for (const [name, tensor] of tensors) {
    text("The name of a tensor", name);
    requireObject(`The tensor ${name}`, tensor, "a StoredTensor, or a shape and values", "shape");
    if ("values" in tensor) {
      requireArray(`The tensor ${name}`, tensor.values, "Float32Array", "Float64Array");
    } else storedCheck(`The tensor ${name}`, tensor);
  }
}

/** The files one after another, each encoded when it is asked for. The index is the last. */
export function* encodeFiles(
  tensors: ReadonlyMap<string, TensorToSave>,
  options: SaveStateDictOptions,
): Generator<[name: string, contents: Uint8Array<ArrayBuffer>], void, void> {
  requireSavable(tensors, options);
  const { maxShardBytes = MAX_SHARD_BYTES, dtype, metadata = {} } = options;
  if (!(maxShardBytes > 0)) {
    throw new PapilioError(
      "STATE_DICT_TOO_LARGE",
      `No tensor fits in shards of ${maxShardBytes} bytes.`,
      "Pass a maxShardBytes above 0, in bytes.",
    );
  }
  const shards = divide(
    [...tensors].map(([name, tensor]) => plan(name, tensor, dtype)),
    maxShardBytes,
  );
  if (shards.length === 1) {
    yield [SINGLE_FILE, writeSafetensors((shards[0] as Planned[]).map(toWrite), metadata)];
    return;
  }
  const places: [string, string][] = [];
  for (const [index, shard] of shards.entries()) {
    const file = shardName(index, shards.length);
    places.push(...shard.map(({ name }): [string, string] => [name, file]));
    yield [file, writeSafetensors(shard.map(toWrite), metadata)];
  }
  const total = shards.flat().reduce((sum, { bytes }) => sum + bytes, 0);
  const index = {
    metadata: { ...metadata, total_size: total },
    weight_map: Object.fromEntries(places),
  };
  yield [INDEX_FILE, new TextEncoder().encode(`${JSON.stringify(index, null, 2)}\n`)];
}

/** What {@link shardName} gives. */
export const SHARD_NAME: RegExp = /^model-\d{5,}-of-\d{5,}\.safetensors$/;

function shardName(index: number, shards: number): string {
  const digits = (number: number): string => String(number).padStart(5, "0");
  return `model-${digits(index + 1)}-of-${digits(shards)}.safetensors`;
}

function divide(planned: readonly Planned[], most: number): Planned[][] {
  const shards: Planned[][] = [[]];
  let bytes = 0;
  for (const one of planned) {
    if (bytes + one.bytes > most && bytes > 0) {
      shards.push([]);
      bytes = 0;
    }
    shards.at(-1)?.push(one);
    bytes += one.bytes;
  }
  return shards;
}

function plan(name: string, tensor: TensorToSave, wanted: string | undefined): Planned {
  const stored = tensor instanceof StoredTensor;
  const own = stored ? tensor.dtype : tensor.values.BYTES_PER_ELEMENT === 4 ? "F32" : "F64";
  const ownBytes = stored ? tensor.byteLength : tensor.values.byteLength;
  const from = FLOAT_BYTES[own];
  if (wanted === undefined || from === undefined) {
    return { name, dtype: own, bytes: ownBytes, tensor };
  }
  return {
    name,
    dtype: wanted,
    bytes: (ownBytes / from) * (FLOAT_BYTES[wanted] as number),
    tensor,
  };
}

function toWrite({ name, dtype, tensor }: Planned): TensorToWrite | SafetensorsTensor {
  const { shape } = tensor;
  if (tensor instanceof StoredTensor) {
    // In double precision, so that each number is rounded once.
    return tensor.dtype === dtype
      ? { name, dtype, shape, bytes: tensor.bytes() }
      : { name, dtype: dtype as "F32", shape, values: tensor.toReal("float64") };
  }
  return { name, dtype: dtype as "F32", shape, values: tensor.values };
}
