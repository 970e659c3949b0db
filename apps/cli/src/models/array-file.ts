import { PapilioError } from "@papilio/butterfly";
import { type FileBytes, type SafetensorsTensor, toReal } from "@papilio/butterfly/files";
import { readInput } from "../files/input-file.ts";
import { parseNumbers } from "../files/numbers-file.ts";

/** Real numbers of a file, row-major. */
export interface ArrayFile {
  readonly file: string;
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/**
 * Reads real numbers of a npy, a Matrix Market or a CSV file.
 *
 * @throws PapilioError `INPUT_UNREADABLE`, `TENSOR_DTYPE`, and what `parseNumbers` throws
 */
export async function readArray(file: string): Promise<ArrayFile> {
  return arrayOf(file, await readInput(file));
}

/** The same of what was read. Throws `TENSOR_DTYPE`, and what `parseNumbers` throws. */
export function arrayOf(file: string, bytes: FileBytes): ArrayFile {
  const { shape, values } = parseNumbers(file, bytes, "float64");
  if (!("re" in values)) return { file, shape, values };
  throw complexNumbers(file);
}

/** The error `TENSOR_DTYPE` where numbers have to be real. */
export function complexNumbers(file: string): PapilioError {
  return new PapilioError(
    "TENSOR_DTYPE",
    `The numbers of ${file} are complex.`,
    "Give real numbers: floats, integers or truth values.",
  );
}

/** The same of a tensor, whose numbers are real. Throws what `toReal` throws. */
export function arrayOfTensor(file: string, tensor: SafetensorsTensor): ArrayFile {
  return { file, shape: tensor.shape, values: toReal(tensor, "float64") };
}
