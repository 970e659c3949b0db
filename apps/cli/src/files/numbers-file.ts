import { extname } from "node:path";
import { type Complex, PapilioError } from "@papilio/butterfly";
import {
  type FileBytes,
  fileKind,
  headOf,
  readMatrixMarketValues,
  readNpyValues,
  wrongKind,
} from "@papilio/butterfly/files";
import type { FloatArrays, FloatType } from "@papilio/butterfly/numeric";
import { parseCsv } from "./csv.ts";

/** Numbers of a file, row-major. */
export interface NumbersFile<T extends FloatType> {
  /** Single where the file has floating-point numbers of at most 32 bits; double for others and for text. */
  readonly precision: FloatType;
  readonly shape: readonly number[];
  readonly values: FloatArrays[T] | Complex<FloatArrays[T]>;
}

/**
 * The numbers in a npy, a Matrix Market or a CSV file, whatever its name is, which a pipe does not have.
 *
 * @param file its name, for messages; one that ends with `.csv` is taken for that
 * @throws PapilioError `FILE_HEADER` for a file of another kind; `INPUT_UNREADABLE`, `INPUT_SHAPE`; what
 *   reading the format throws
 */
export function parseNumbers<T extends FloatType>(
  file: string,
  bytes: FileBytes,
  type: T,
): NumbersFile<T> {
  const isCsv = extname(file.replace(/\.gz$/i, "")).toLowerCase() === ".csv";
  const head = headOf(bytes);
  const kind = fileKind(head)?.id;
  if (kind === "npy") {
    const { descr, shape, values } = readNpyValues(bytes, type);
    return { precision: /f[24]$|c8$/.test(descr) ? "float32" : "float64", shape, values };
  }
  if (kind === "matrix-market") {
    const { rows, cols, values } = readMatrixMarketValues(bytes, type);
    return { precision: "float64", shape: [rows, cols], values };
  }
  const other = wrongKind(head, [], "an array of numbers (npy, Matrix Market or CSV)");
  if (other !== undefined) throw other;
  if (isCsv || isText(head)) {
    return { precision: "float64", ...parseCsv(file, bytes, type) };
  }
  throw new PapilioError(
    "FILE_HEADER",
    `The file ${file} is of no kind that is known here.`,
    "Give numbers as npy, Matrix Market or CSV.",
  );
}

/** Whether a file begins with what a list of numbers is written with. */
function isText(head: Uint8Array): boolean {
  return head.every((byte) => byte >= 0x20 || (byte >= 9 && byte <= 13));
}
