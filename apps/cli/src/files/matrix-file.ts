import { parse } from "node:path";
import { type Complex, PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import {
  type FileBytes,
  fileKind,
  headOf,
  readSafetensorsTensor,
  type SafetensorsHeader,
} from "@papilio/butterfly/files";
import type { FloatArrays, FloatType } from "@papilio/butterfly/numeric";
import { readInput } from "./input-file.ts";
import { type NumbersFile, parseNumbers } from "./numbers-file.ts";

/** A matrix from a file. */
export interface MatrixFile<T extends FloatType = "float32"> {
  readonly name: string;
  readonly rows: number;
  readonly cols: number;
  /** Of the numbers in the file: single for floating-point numbers of at most 32 bits. */
  readonly precision: FloatType;
  /** `[rows, cols]` row-major. */
  readonly values: FloatArrays[T] | Complex<FloatArrays[T]>;
}

/**
 * The matrix in a npy, a Matrix Market or a CSV file, or a tensor of two axes in a safetensors file. A
 * list is a row.
 *
 * @param tensor its name, needed where a safetensors file has several matrices
 * @param type of the numbers in memory
 * @throws PapilioError `INPUT_UNREADABLE`, `TENSOR_MISSING`, `TENSOR_SHAPE`, and what reading the format
 *   throws
 */
export async function readMatrix<T extends FloatType>(
  file: string,
  tensor: string | undefined,
  type: T,
): Promise<MatrixFile<T>> {
  const bytes = await readInput(file);
  if (!isSafetensors(file, bytes)) {
    return matrixOf({ name: parse(file).name, ...parseNumbers(file, bytes, type) });
  }
  const choose = ({ entries }: SafetensorsHeader): string => {
    const chosen = tensor ?? onlyMatrix(entries);
    if (entries.some(({ name }) => name === chosen)) return chosen;
    throw missing(entries, `There is no tensor ${describeValue(tensor)}.`);
  };
  const { name, dtype, shape, values } = readSafetensorsTensor(bytes, choose, type);
  const precision = /^(F32|F16|BF16|C64)$/.test(dtype) ? "float32" : "float64";
  return matrixOf({ name, precision, shape, values });
}

/** The matrix in the precision of its file. */
export function inOwnPrecision(
  matrix: MatrixFile<"float64">,
): MatrixFile<"float32"> | MatrixFile<"float64"> {
  const { precision, values } = matrix;
  if (precision === "float64") return matrix;
  return {
    ...matrix,
    values:
      "re" in values
        ? { re: Float32Array.from(values.re), im: Float32Array.from(values.im) }
        : Float32Array.from(values),
  };
}

/** By its first bytes, or by its name where they are damaged and no other's. */
function isSafetensors(file: string, bytes: FileBytes): boolean {
  const kind = fileKind(headOf(bytes))?.id;
  return kind === "safetensors" || (kind === undefined && /\.safetensors(\.gz)?$/i.test(file));
}

/** The name of the only tensor of two axes. */
function onlyMatrix(entries: SafetensorsHeader["entries"]): string {
  const matrices = entries.filter(({ shape }) => shape.length === 2);
  const [only, ...others] = matrices;
  if (only !== undefined && others.length === 0) return only.name;
  throw missing(entries, `There are ${matrices.length} matrices in the file, and none is named.`);
}

function missing(entries: SafetensorsHeader["entries"], message: string): PapilioError {
  const names = entries.map(({ name }) => name);
  const some = names.slice(0, 8).join(", ");
  return new PapilioError(
    "TENSOR_MISSING",
    message,
    `Name one with --tensor: ${names.length > 8 ? `${some}, and ${names.length - 8} more` : some}.`,
  );
}

function matrixOf<T extends FloatType>({
  name,
  precision,
  shape,
  values,
}: NumbersFile<T> & { readonly name: string }): MatrixFile<T> {
  const [rows, cols] = shape.length === 1 ? [1, shape[0]] : shape;
  if (rows !== undefined && cols !== undefined && shape.length <= 2 && rows * cols > 0) {
    return { name, rows, cols, precision, values };
  }
  throw new PapilioError(
    "TENSOR_SHAPE",
    `${name} has the shape ${describeValue(shape)}, which is not a matrix.`,
    "Give a tensor of two axes, [rows, cols].",
  );
}
