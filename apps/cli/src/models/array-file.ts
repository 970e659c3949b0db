import { extname } from "node:path";
import { npyValues, PapilioError, readNpy } from "@papilio/butterfly";
import { readBytes } from "../input-file.ts";

/** Real numbers of a file, row-major. */
export interface ArrayFile {
  readonly file: string;
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/**
 * Reads a npy file of real numbers, or a file of lines with numbers between commas, `[lines, numbers]`,
 * where its name ends with `.csv`.
 *
 * @throws PapilioError `INPUT_UNREADABLE`, `INPUT_SHAPE`, and what `readNpy` throws
 */
export async function readArray(file: string): Promise<ArrayFile> {
  const bytes = await readBytes(file);
  if (extname(file).toLowerCase() === ".csv") return parseLines(file, bytes);
  const npy = readNpy(bytes);
  const values = npyValues(npy, "float64");
  if (!("re" in values)) return { file, shape: npy.shape, values };
  throw new PapilioError(
    "TENSOR_DTYPE",
    `The numbers of ${file} are complex.`,
    "Give real numbers: float32, or int32 for indices.",
  );
}

function parseLines(file: string, bytes: Uint8Array): ArrayFile {
  const lines = new TextDecoder().decode(bytes).trim().split(/\r?\n/);
  const rows = lines.map((line, row) =>
    line.split(",").map((text) => {
      const value = text.trim() === "" ? Number.NaN : Number(text);
      if (Number.isFinite(value)) return value;
      throw new PapilioError(
        "INPUT_UNREADABLE",
        `Line ${row + 1} of ${file} has ${JSON.stringify(text.slice(0, 40))}, which is no number.`,
        "Give numbers alone, between commas, without a line of names.",
      );
    }),
  );
  const cols = rows[0]?.length ?? 0;
  const wrong = rows.findIndex(({ length }) => length !== cols);
  if (wrong === -1) {
    return { file, shape: [rows.length, cols], values: Float64Array.from(rows.flat()) };
  }
  throw inputShape(
    `Line ${wrong + 1} of ${file} has ${rows[wrong]?.length} numbers, and the first ${cols}.`,
    "Give lines of equal length.",
  );
}

export function inputShape(message: string, fix: string): PapilioError {
  return new PapilioError("INPUT_SHAPE", message, fix);
}
