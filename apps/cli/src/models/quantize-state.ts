import { fewBitsEntry, type SafetensorsTensor, writeSafetensors } from "@papilio/butterfly/files";
import {
  dequantizeValues,
  type FewBits,
  quantizeValues,
  type Sizes,
} from "@papilio/butterfly/numeric";
import type { LoadedStateDict, StoredTensor } from "@papilio/nn/weights";

/** A matrix, or a factor, that was rounded. */
interface QuantizedMatrix {
  readonly name: string;
  readonly shape: readonly number[];
  readonly weights: number;
  /** `|W - rounded| / |W|`, of Frobenius norms; 0 of a matrix of zeros. */
  readonly error: number;
  readonly bytesBefore: number;
  readonly bytes: number;
}

export interface QuantizedState {
  readonly matrices: readonly QuantizedMatrix[];
  /** The safetensors file. */
  readonly file: Uint8Array<ArrayBuffer>;
  /** Of all tensors. */
  readonly bytesBefore: number;
}

/** Types of weights that are rounded. */
const FLOATS = ["F64", "F32", "F16", "BF16"];
/** Tables that no product reads. */
const TABLES = /(^|\.)(wpe|[\w]*position[\w]*|token_type[\w]*)\./;
/** Layers of GPT-2, whose weights are `[inputs, outputs]`. */
const TRANSPOSED = /\.c_(attn|proj|fc)\.weight$/;

/**
 * A safetensors file with the matrices of a state dict in few bits and all else as it is.
 *
 * @throws PapilioError `VALUE_RANGE` for a weight that is not finite; the signal's reason
 */
export function quantizeState(
  state: LoadedStateDict,
  dtype: FewBits,
  options: { readonly metadata: Readonly<Record<string, string>>; readonly signal: AbortSignal },
): QuantizedState {
  const tensors: SafetensorsTensor[] = [];
  const metadata: Record<string, string> = {
    ...options.metadata,
    ...Object.fromEntries([...state.metadata].filter(([key]) => key !== "papilio.writer")),
  };
  const matrices: QuantizedMatrix[] = [];
  let bytesBefore = 0;
  for (const tensor of state.values()) {
    options.signal.throwIfAborted();
    const { name, shape, byteLength } = tensor;
    bytesBefore += byteLength;
    const sizes = sizesOf(tensor);
    if (sizes === undefined) {
      tensors.push({ name, dtype: tensor.dtype, shape, bytes: tensor.bytes() });
      continue;
    }
    const values = tensor.toReal("float64");
    const quantized = quantizeValues(values, sizes, dtype);
    const entry = fewBitsEntry(name, shape, quantized);
    tensors.push(...entry.tensors);
    Object.assign(metadata, entry.metadata);
    matrices.push({
      ...{ name, shape, weights: values.length },
      error: relativeErrorOf(values, dequantizeValues(quantized)),
      bytesBefore: byteLength,
      bytes: entry.tensors.reduce((sum, { bytes }) => sum + bytes.length, 0),
    });
  }
  return { matrices, file: writeSafetensors(tensors, metadata), bytesBefore };
}

/** The values of a tensor as `[a, b, c, d]`, inputs along `c`; undefined of one that stays as it is. */
function sizesOf({ name, dtype, shape }: StoredTensor): Sizes | undefined {
  if (!FLOATS.includes(dtype) || shape.includes(0) || TABLES.test(name)) return undefined;
  const [rows, cols] = shape as [number, number];
  if (shape.length === 4 && /(^|\.)factors\.\d+(\.re|\.im)?$/.test(name)) {
    return shape as unknown as Sizes;
  }
  if (shape.length !== 2 || !/(^|\.)weight$/.test(name)) return undefined;
  return TRANSPOSED.test(name) ? [1, 1, rows, cols] : [1, rows, cols, 1];
}

function relativeErrorOf(values: Float64Array, rounded: Float32Array): number {
  let [errors, squares] = [0, 0];
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as number;
    errors += (value - (rounded[at] as number)) ** 2;
    squares += value ** 2;
  }
  return squares === 0 ? 0 : Math.sqrt(errors / squares);
}
