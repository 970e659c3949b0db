import { describeValue } from "@papilio/butterfly/errors";
import { anyNumber } from "../arguments/checks.ts";
import { StoredTensor, storedCheck } from "./stored-tensor.ts";
import { quoteNames, weightsError } from "./weights-error.ts";

/**
 * A matrix `[rows, cols]` as `[cols, rows]`: for weights that are stored as `[in, out]`, such as those of
 * GPT-2's `Conv1D`. Bytes are moved when they are asked for.
 *
 * @throws PapilioError `TENSOR_SHAPE` for what is not a matrix
 */
export function transposeTensor(tensor: StoredTensor): StoredTensor {
  storedCheck("The tensor", tensor);
  const { name, dtype, shape, byteLength } = tensor;
  const [rows, cols, ...more] = shape;
  if (rows === undefined || cols === undefined || more.length > 0) {
    throw weightsError(
      "TENSOR_SHAPE",
      `The tensor ${quoteNames([name])} of shape ${describeValue(shape)} is not a matrix to be transposed.`,
    );
  }
  const size = elementBytes(tensor);
  return new StoredTensor({ name, dtype, shape: [cols, rows] }, byteLength, () => {
    const bytes = tensor.bytes();
    const moved = new Uint8Array(byteLength);
    // Byte by byte: elements have one to eight of them and lie at any offset.
    for (let row = 0; row < rows; row++) {
      for (let col = 0; col < cols; col++) {
        const from = (row * cols + col) * size;
        const to = (col * rows + row) * size;
        for (let byte = 0; byte < size; byte++) moved[to + byte] = bytes[from + byte] as number;
      }
    }
    return moved;
  });
}

/**
 * The entries `begin` to `end` of a tensor along an axis: one of several matrices that are stored as one,
 * such as queries, keys and values. Bytes are copied when they are asked for.
 *
 * @throws PapilioError `TENSOR_SHAPE` unless the tensor has that axis and those entries
 */
export function sliceTensor(
  tensor: StoredTensor,
  axis: number,
  begin: number,
  end: number,
): StoredTensor {
  storedCheck("The tensor", tensor);
  for (const [what, number] of Object.entries({ axis, begin, end })) anyNumber(what, number);
  const { name, dtype, shape, byteLength } = tensor;
  const size = shape[axis];
  const whole = Number.isSafeInteger(begin) && Number.isSafeInteger(end);
  if (size === undefined || !whole || begin < 0 || begin > end || end > size) {
    throw weightsError(
      "TENSOR_SHAPE",
      `The tensor ${quoteNames([name])} of shape ${describeValue(shape)} has no entries ${begin} to ${end} of axis ${axis}.`,
    );
  }
  elementBytes(tensor);
  const before = shape.slice(0, axis).reduce((product, one) => product * one, 1);
  // Of the entries along this axis, together with all axes after it.
  const entryBytes = byteLength === 0 ? 0 : byteLength / before / size;
  const length = (end - begin) * entryBytes;
  const sliced = shape.with(axis, end - begin);
  return new StoredTensor({ name, dtype, shape: sliced }, before * length, () => {
    const bytes = tensor.bytes();
    if (before === 1) return bytes.subarray(begin * entryBytes, end * entryBytes);
    const copied = new Uint8Array(before * length);
    for (let index = 0; index < before; index++) {
      const from = (index * size + begin) * entryBytes;
      copied.set(bytes.subarray(from, from + length), index * length);
    }
    return copied;
  });
}

/** Bytes of an element; elements of four or six bits cannot be moved alone. */
function elementBytes({ name, dtype, shape, byteLength }: StoredTensor): number {
  const elements = shape.reduce((product, one) => product * one, 1);
  const bytes = elements === 0 ? 0 : byteLength / elements;
  if (Number.isInteger(bytes)) return bytes;
  throw weightsError(
    "TENSOR_DTYPE",
    `The tensor ${quoteNames([name])} is ${dtype}, of which several elements share a byte.`,
  );
}
