import {
  readSafetensors,
  type SafetensorsEntry,
  type SafetensorsTensor,
  type TensorToWrite,
  toReal,
  writeSafetensors,
} from "@papilio/butterfly/files";
import type { FloatArrays, FloatType } from "@papilio/butterfly/numeric";
import {
  type Check,
  callback,
  count,
  having,
  listOf,
  objectOf,
  text,
} from "../arguments/checks.ts";

const entryCheck = objectOf({ name: text, dtype: text, shape: listOf(count) });

/** Refuses what is not a stored tensor, known by its members. */
export const storedCheck: Check = having(
  "a StoredTensor",
  "name",
  "dtype",
  "shape",
  "byteLength",
  "bytes",
  "toReal",
);

/**
 * A tensor as it is stored: its bytes, in memory or in a file, that become numbers when they are asked
 * for. Nothing of what is decoded is kept here.
 */
export class StoredTensor {
  readonly name: string;
  /** As the safetensors format names it: `F32`, `F16`, `BF16`, `F64`, `I64`, ... */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Size of what is stored, in bytes. */
  readonly byteLength: number;
  readonly #read: () => Uint8Array;

  /** @param read gives the `byteLength` bytes, whenever it is called */
  constructor(
    entry: Pick<SafetensorsEntry, "name" | "dtype" | "shape">,
    byteLength: number,
    read: () => Uint8Array,
  ) {
    entryCheck("a tensor", entry);
    count("byteLength", byteLength);
    callback("What reads a tensor", read);
    const { name, dtype, shape } = entry;
    this.name = name;
    this.dtype = dtype;
    this.shape = shape;
    this.byteLength = byteLength;
    this.#read = read;
  }

  /**
   * A tensor of values in memory, copied and rounded to its type.
   *
   * @throws PapilioError `TENSOR_SHAPE` unless the shape has so many values
   *
   * @example
   * ```ts
   * const ones = new Float32Array(64).fill(1);
   * const tensor = StoredTensor.of({ name: "norm.weight", dtype: "F32", shape: [64], values: ones });
   * ```
   */
  static of(tensor: TensorToWrite): StoredTensor {
    entryCheck("a tensor", tensor);
    const { bytes } = readSafetensors(writeSafetensors([tensor])).tensors.get(
      tensor.name,
    ) as SafetensorsTensor;
    return new StoredTensor(tensor, bytes.length, () => bytes);
  }

  /** The same bytes under another name. */
  rename(name: string): StoredTensor {
    text("The name of a tensor", name);
    return new StoredTensor({ name, dtype: this.dtype, shape: this.shape }, this.byteLength, () =>
      this.bytes(),
    );
  }

  /**
   * What is stored, little-endian: a view where it is in memory, else read from its file.
   *
   * @throws PapilioError `STATE_DICT_CHANGED` when that file is not there any more, or another
   */
  bytes(): Uint8Array {
    return this.#read();
  }

  /**
   * The elements as real numbers, in an array of their own.
   *
   * @throws PapilioError `TENSOR_DTYPE` for complex numbers, booleans and integers of other sizes than
   *   32 bits; `ARRAY_TOO_LARGE`; what {@link bytes} throws
   */
  toReal<T extends FloatType>(type: T): FloatArrays[T] {
    return toReal(this.#asRead(), type);
  }

  #asRead(): SafetensorsTensor {
    return { name: this.name, dtype: this.dtype, shape: this.shape, bytes: this.bytes() };
  }
}

/** The tensors of a model by their names, `model.layers.0.mlp.up_proj.weight` for one. */
export type StateDict = ReadonlyMap<string, StoredTensor>;

/** A state dict from files, with what their headers say beside the tensors. */
export interface LoadedStateDict extends StateDict {
  /** Of all files; where shards disagree, of the first. */
  readonly metadata: ReadonlyMap<string, string>;
}

class LoadedTensors extends Map<string, StoredTensor> implements LoadedStateDict {
  readonly metadata: Map<string, string> = new Map<string, string>();
}

/** An empty one, to be filled. */
export function emptyStateDict(): Map<string, StoredTensor> & {
  readonly metadata: Map<string, string>;
} {
  return new LoadedTensors();
}
