import { type FloatArrays, type FloatType, zeros } from "../numeric/float-array.ts";
import { requireStorable } from "../numeric/storable.ts";
import type { ByteReader } from "./byte-reader.ts";
import { codecOf, isNative } from "./element-types.ts";

/** Elements of a file, one after another. */
export interface StoredElements {
  readonly elements: number;
  /** Of an element, or of its parts where it is complex: a name of the safetensors format. */
  readonly dtype: string;
  /** Whether real and imaginary parts follow one another. */
  readonly complex: boolean;
  readonly littleEndian: boolean;
  /** Whose they are, to begin a sentence. */
  readonly what: string;
  /** Gives the place in memory of each element in turn; unless given, they stay in their order. */
  readonly place?: (() => number) | undefined;
}

/** Bytes that are decoded at once: whole elements, which have up to sixteen. */
const CHUNK = 2 ** 16;

/**
 * Reads the next elements of a file: the real parts, and the imaginary ones where they are complex. Pieces
 * of the file are released as the elements of them are read.
 *
 * @throws PapilioError `TENSOR_DTYPE` for another type than real numbers, `ARRAY_TOO_LARGE`;
 *   `VALUE_RANGE` for a number in double precision that single precision does not hold
 */
export function readElements<T extends FloatType>(
  reader: ByteReader,
  { elements, dtype, complex, littleEndian, what, place }: StoredElements,
  type: T,
): readonly [re: FloatArrays[T], im: FloatArrays[T] | undefined] {
  const { bytes, get } = codecOf(dtype);
  const re = zeros(type, elements);
  const im = complex ? zeros(type, elements) : undefined;
  if (im === undefined && place === undefined && littleEndian && isNative(re, dtype)) {
    reader.copyTo(new Uint8Array(re.buffer));
    return [re, im];
  }
  const parts = complex ? 2 : 1;
  const chunk = new Uint8Array(Math.min(CHUNK, elements * parts * bytes));
  const view = new DataView(chunk.buffer);
  const numbers = new Float64Array(chunk.length / bytes);
  for (let done = 0; done < elements; ) {
    const count = Math.min(elements - done, numbers.length / parts);
    reader.copyTo(chunk.subarray(0, count * parts * bytes));
    for (let index = 0; index < count * parts; index++) {
      numbers[index] = get(view, index * bytes, littleEndian);
    }
    const read = numbers.subarray(0, count * parts);
    if (dtype === "F64" && type === "float32") requireStorable(read, "F32", what, done * parts);
    if (im === undefined && place === undefined) re.set(read, done);
    else {
      for (let index = 0; index < count; index++) {
        const at = place === undefined ? done + index : place();
        re[at] = numbers[index * parts] as number;
        if (im !== undefined) im[at] = numbers[index * parts + 1] as number;
      }
    }
    done += count;
  }
  return [re, im];
}
