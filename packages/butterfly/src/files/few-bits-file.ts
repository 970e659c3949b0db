import {
  requireArray,
  requireList,
  requireObject,
  requireText,
  requireWhole,
} from "../errors/argument-checks.ts";
import { describeValue } from "../errors/describe-value.ts";
import { type FewBits, fewBitsOf } from "../numeric/code-grids.ts";
import {
  dequantizeValues,
  type QuantizedValues,
  quantizedBytes,
  requireQuantized,
  strangeNumber,
} from "../numeric/few-bits.ts";
import { packCodes, unpackCodes } from "../numeric/few-bits-codes.ts";
import { groupOf, type Sizes } from "../numeric/few-bits-groups.ts";
import { encode } from "./element-types.ts";
import { elementsOf, fileError } from "./file-error.ts";
import { parseJsonText } from "./json-text.ts";
import type { SafetensorsFile, SafetensorsTensor } from "./safetensors.ts";

/*
 * Tensors of few bits in a safetensors file. For each, by its name, the metadata has
 *
 *   papilio.few-bits.NAME   '{"dtype":"q4","shape":[768,2304],"sizes":[1,1,768,2304],"group":[1,1,32,1]}'
 *
 * where `shape` is that of the tensor and `sizes` are its values as `[a, b, c, d]`, of which those of a group
 * share a scale; and the tensors are
 *
 *   NAME          U8, the codes in order, each of so many bits, the first in the lowest bits of a byte
 *   NAME.scales   F16, one of each group, in the order of the groups: `sizes` over `group`, rounded up
 *
 * A value is the number of its code times the scale. Of n bits, the number is `code - 2^(n - 1)` for q8 and q4, and
 * `2 code - (2^n - 1)` for the bipolar q7, q6, q5, q3, q2 and q1; codes of f8e4m3 and f8e5m2 are floating-point numbers of
 * eight bits, none infinite or NaN, and their scales are powers of two or 0.
 */

/** Before the name of a tensor, in the metadata. */
export const FEW_BITS_KEY = "papilio.few-bits.";

/** A tensor of few bits as it is written. */
export interface FewBitsEntry {
  readonly tensors: readonly [codes: SafetensorsTensor, scales: SafetensorsTensor];
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * What a safetensors file has for a tensor of few bits.
 *
 * @param shape of the tensor, which has as many values
 * @throws PapilioError `TENSOR_SHAPE`, `OPTION_INVALID`
 */
export function fewBitsEntry(
  name: string,
  shape: readonly number[],
  quantized: QuantizedValues,
): FewBitsEntry {
  requireText("The name of the tensor", name);
  requireList("The shape", shape);
  requireQuantized(quantized);
  const { dtype, shape: sizes, codes, scales } = quantized;
  if (elementsOf(shape) !== codes.length) {
    throw fileError(
      "TENSOR_SHAPE",
      `The tensor ${describeValue(name)} of shape ${describeValue(shape)} is given ${codes.length} codes.`,
    );
  }
  const group = groupOf(sizes);
  const bytes = packCodes(codes, dtype);
  const bits = new Uint8Array(2 * scales.length);
  const view = new DataView(bits.buffer);
  for (const [index, scale] of scales.entries()) view.setUint16(2 * index, scale, true);
  const groups = sizes.map((size, axis) => Math.ceil(size / (group[axis] as number)));
  return {
    tensors: [
      { name, dtype: "U8", shape: [bytes.length], bytes },
      { name: `${name}.scales`, dtype: "F16", shape: groups, bytes: bits },
    ],
    metadata: { [FEW_BITS_KEY + name]: JSON.stringify({ dtype, shape, sizes, group }) },
  };
}

/** A tensor of few bits as a file has it, checked. */
export interface StoredFewBits {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: FewBits;
  /** Bytes of codes and scales. */
  readonly bytes: number;
  /** Where its scales are. */
  readonly scales: string;
  /**
   * The values as the bytes of an `F32` tensor, from the bytes of the two tensors.
   *
   * @throws PapilioError `FILE_TENSOR` for a code or a scale that is not finite, or not of the type; `ARRAY_TYPE`,
   *   `VALUES_LENGTH`
   */
  expand(codes: Uint8Array, scales: Uint8Array): Uint8Array<ArrayBuffer>;
}

/**
 * The tensors of few bits of a safetensors file, by what its header says: nothing is decoded.
 *
 * @throws PapilioError `FILE_HEADER` for a description that is damaged, `TENSOR_MISSING`, `TENSOR_SHAPE`
 */
export function fewBitsTensors(
  tensors: ReadonlyMap<string, Pick<SafetensorsTensor, "dtype" | "shape">>,
  metadata: ReadonlyMap<string, string>,
): StoredFewBits[] {
  requireObject("The tensors", tensors, "a Map", "get", "entries");
  requireObject("The metadata", metadata, "a Map", "get", "entries");
  return [...metadata]
    .filter(([key]) => key.startsWith(FEW_BITS_KEY))
    .map(([key, text]) => {
      const name = key.slice(FEW_BITS_KEY.length);
      const { dtype, shape, sizes } = parseDescription(name, text);
      const count = sizes.reduce((product, size) => product * size, 1);
      const bytes = quantizedBytes(sizes, dtype);
      const scales = `${name}.scales`;
      const group = groupOf(sizes);
      const groups = sizes.reduce(
        (product, size, axis) => product * Math.ceil(size / (group[axis] as number)),
        1,
      );
      requireStored(tensors, name, "U8", bytes - 2 * groups);
      requireStored(tensors, scales, "F16", groups);
      return {
        ...{ name, shape, dtype, bytes, scales },
        expand: (codes, bits) => {
          requireArray("The bytes of the codes", codes, "Uint8Array");
          requireArray("The bytes of the scales", bits, "Uint8Array");
          const view = new DataView(bits.buffer, bits.byteOffset, bits.length);
          const quantized = {
            ...{ dtype, shape: sizes, codes: unpackCodes(codes, dtype, count) },
            scales: Uint16Array.from({ length: groups }, (_, at) => view.getUint16(2 * at, true)),
          };
          const wrong = strangeNumber(quantized);
          if (wrong !== undefined) {
            throw fileError("FILE_TENSOR", `The tensor ${describeValue(name)} has ${wrong}.`);
          }
          return encode(dequantizeValues(quantized), "F32");
        },
      };
    });
}

/**
 * The same file with the values of its tensors of few bits, as `F32`.
 *
 * @throws PapilioError what {@link fewBitsTensors} throws, and `FILE_TENSOR` for a code or a scale that is not of its type
 */
export function expandFewBits(file: SafetensorsFile): SafetensorsFile {
  requireObject("The file", file, "a safetensors file", "tensors", "metadata");
  const found = fewBitsTensors(file.tensors, file.metadata);
  const tensors = new Map(file.tensors);
  for (const { name, shape, scales, expand } of found) {
    const [codes, bits] = [file.tensors.get(name), file.tensors.get(scales)];
    const bytes = expand((codes as SafetensorsTensor).bytes, (bits as SafetensorsTensor).bytes);
    tensors.set(name, { name, dtype: "F32", shape, bytes });
    tensors.delete(scales);
  }
  return { tensors, metadata: file.metadata };
}

interface Description {
  readonly dtype: FewBits;
  readonly shape: readonly number[];
  readonly sizes: Sizes;
}

function parseDescription(name: string, text: string): Description {
  try {
    const { dtype, shape, sizes, group } = Object(parseJsonText(text));
    requireList("The shape", shape);
    requireList("The sizes", sizes);
    for (const size of sizes) requireWhole("A size", size, 1);
    const few = fewBitsOf(dtype);
    const elements = elementsOf(shape);
    const own = String(groupOf(sizes as unknown as Sizes)) === String(group);
    if (few && own && elements !== undefined && elements === elementsOf(sizes)) {
      return { dtype: few, shape: shape as number[], sizes: sizes as unknown as Sizes };
    }
  } catch (cause) {
    throw damaged(name, text, cause);
  }
  throw damaged(name, text);
}

function damaged(name: string, text: string, cause?: unknown): Error {
  return fileError(
    "FILE_HEADER",
    `The description of the tensor of few bits ${describeValue(name)}, ${describeValue(text)}, is not understood.`,
    { cause },
  );
}

function requireStored(
  tensors: ReadonlyMap<string, Pick<SafetensorsTensor, "dtype" | "shape">>,
  name: string,
  dtype: string,
  count: number,
): void {
  const tensor = tensors.get(name);
  if (tensor === undefined) {
    throw fileError("TENSOR_MISSING", `The file has no tensor ${describeValue(name)}.`);
  }
  if (tensor.dtype === dtype && elementsOf(tensor.shape) === count) return;
  throw fileError(
    "TENSOR_SHAPE",
    `The tensor ${describeValue(name)} is ${tensor.dtype} of shape ${describeValue(tensor.shape)}, but its description asks for ${count} of ${dtype}.`,
  );
}
