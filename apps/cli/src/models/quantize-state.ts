import { fewBitsEntry, type SafetensorsTensor, writeSafetensors } from "@papilio/butterfly/files";
import { type FewBits, type QuantizedValues, quantizeValues } from "@papilio/butterfly/numeric";
import { roundButterfly, roundingError } from "@papilio/butterfly/rounding";
import {
  type LoadedStateDict,
  type StoredMatrix,
  type StoredTensor,
  storedMatrices,
} from "@papilio/nn/weights";
import type { MatrixWeighting } from "./calibration.ts";
import type { TrainedTensors } from "./train-quantized.ts";

/** How numbers are rounded: each to the nearest, or for the error of the whole matrix. */
export const ROUNDINGS = ["structured", "plain"] as const;
type RoundingKind = (typeof ROUNDINGS)[number];

/** A matrix, of one tensor or of factors, that was rounded. */
interface QuantizedMatrix {
  readonly name: string;
  /** `[rows, cols]` */
  readonly shape: readonly [number, number];
  readonly factors: number;
  readonly weights: number;
  /** `|W - rounded| / |W|`, of Frobenius norms; 0 of a matrix of zeros. */
  readonly error: number;
  /** `|(W - rounded) X| / |W X|`, of the inputs of the calibration. */
  readonly outputError?: number;
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

export interface QuantizeOptions {
  readonly rounding: RoundingKind;
  /** What a calibration found of a matrix, where there is any. */
  readonly weightingOf: (matrix: StoredMatrix) => MatrixWeighting | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly onProgress: (share: number) => void;
  /** Trains what was rounded. */
  readonly train?: (
    rounded: ReadonlyMap<StoredTensor, QuantizedValues>,
  ) => Promise<Pick<TrainedTensors, "rounded" | "others">>;
}

/**
 * A safetensors file with the matrices of a state dict in few bits and all else as it is.
 *
 * @throws PapilioError `VALUE_RANGE` for a weight that is not finite; the signal's reason
 */
export async function quantizeState(
  state: LoadedStateDict,
  dtype: FewBits,
  options: QuantizeOptions,
): Promise<QuantizedState> {
  const entries = new Map<StoredTensor, ReturnType<typeof fewBitsEntry>>();
  const matrices: QuantizedMatrix[] = [];
  const found = storedMatrices(state);
  const all = found.reduce((sum, matrix) => sum + matrix.weights, 0);
  const rounded = new Map<StoredTensor, QuantizedValues>();
  let done = 0;
  for (const matrix of found) {
    options.signal.throwIfAborted();
    for (const [index, own] of (await roundMatrix(matrix, dtype, options)).entries()) {
      rounded.set(matrix.tensors[index] as StoredTensor, own);
    }
    done += matrix.weights;
    options.onProgress(done / all);
  }
  const trained = found.length === 0 ? undefined : await options.train?.(rounded);
  for (const matrix of found) {
    options.signal.throwIfAborted();
    const own = matrix.tensors.map(
      (tensor) => (trained?.rounded ?? rounded).get(tensor) as QuantizedValues,
    );
    for (const [index, tensor] of matrix.tensors.entries()) {
      const { name, shape } = tensor;
      entries.set(tensor, fewBitsEntry(name, shape, own[index] as QuantizedValues));
    }
    matrices.push({
      ...(await errorsOf(matrix, own, options)),
      name: matrix.name,
      factors: matrix.tensors.length,
      weights: matrix.weights,
      bytesBefore: matrix.tensors.reduce((sum, { byteLength }) => sum + byteLength, 0),
      bytes: matrix.tensors
        .flatMap((tensor) => entries.get(tensor)?.tensors ?? [])
        .reduce((sum, { bytes }) => sum + bytes.length, 0),
    });
  }
  const tensors: SafetensorsTensor[] = [];
  const metadata: Record<string, string> = {
    ...options.metadata,
    ...Object.fromEntries([...state.metadata].filter(([key]) => key !== "papilio.writer")),
  };
  for (const tensor of state.values()) {
    const entry = entries.get(tensor);
    if (entry === undefined) {
      const { name, dtype, shape } = tensor;
      tensors.push({ name, dtype, shape, bytes: (trained?.others.get(tensor) ?? tensor).bytes() });
      continue;
    }
    tensors.push(...entry.tensors);
    Object.assign(metadata, entry.metadata);
  }
  const bytesBefore = [...state.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  return { matrices, file: writeSafetensors(tensors, metadata), bytesBefore };
}

/** The tensors of a matrix in few bits. */
async function roundMatrix(
  found: StoredMatrix,
  dtype: FewBits,
  { rounding, weightingOf, signal }: QuantizeOptions,
): Promise<readonly QuantizedValues[]> {
  const matrix = found.matrix();
  const rounded =
    rounding === "structured"
      ? await roundButterfly(matrix, dtype, { ...weightingOf(found), signal })
      : matrix.factors.map(({ values, stored: { a, b, c, d } }) =>
          quantizeValues(values, [a, b, c, d], dtype),
        );
  return found.transposed ? rounded.map(transposed) : rounded;
}

/** How large the errors of the tensors of a matrix are. */
async function errorsOf(
  found: StoredMatrix,
  stored: readonly QuantizedValues[],
  { weightingOf, signal }: QuantizeOptions,
): Promise<Pick<QuantizedMatrix, "shape" | "error" | "outputError">> {
  const matrix = found.matrix();
  const { rows, cols } = matrix.chain;
  const moments = weightingOf(found)?.moments;
  const rounded = found.transposed ? stored.map(turnedBack) : stored;
  return {
    shape: [rows, cols],
    error: await roundingError(matrix, rounded, { signal }),
    ...(moments && { outputError: await roundingError(matrix, rounded, { moments, signal }) }),
  };
}

/** What {@link transposed} was given: its groups have the same values. */
function turnedBack(stored: QuantizedValues): QuantizedValues {
  const { dtype, shape, codes, scales } = stored;
  const [, , inputs, outputs] = shape;
  return {
    dtype,
    shape: [1, outputs, inputs, 1],
    codes: transposedRows(codes, outputs),
    scales: scales.length % outputs === 0 ? transposedRows(scales, outputs) : scales,
  };
}

/** A matrix `[1, outputs, inputs, 1]` as it is stored where inputs come first: `[1, 1, inputs, outputs]`. */
function transposed({ dtype, shape, codes, scales }: QuantizedValues): QuantizedValues {
  const [, outputs, inputs] = shape;
  const parts = scales.length % outputs === 0 ? scales.length / outputs : 1;
  return {
    dtype,
    shape: [1, 1, inputs, outputs],
    codes: transposedRows(codes, inputs),
    scales: transposedRows(scales, parts),
  };
}

function transposedRows<A extends Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>>(
  values: A,
  cols: number,
): A {
  const rows = values.length / cols;
  const turned = values.slice() as A;
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      turned[col * rows + row] = values[row * cols + col] as number;
    }
  }
  return turned;
}
