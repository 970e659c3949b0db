import { type Complex, type FloatArray, PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import type { MatrixSize } from "@papilio/butterfly/factorization";

/*
 * A matrix that was padded with zeros for a chain of a larger size: its own size is in the metadata of the
 * file, as "papilio.size.NAME": "[2003,2003]".
 */
const PREFIX = "papilio.size.";

/** The metadata of a matrix in a chain: none where their sizes are the same. */
export function sizeMetadata(
  name: string,
  { rows, cols }: MatrixSize,
  chain: MatrixSize,
): Record<string, string> {
  if (rows === chain.rows && cols === chain.cols) return {};
  return { [PREFIX + name]: JSON.stringify([rows, cols]) };
}

/**
 * The size of a matrix without what pads it.
 *
 * @param chain the size with that
 * @throws PapilioError `FILE_HEADER` for metadata that are no such size
 */
export function sizeWithoutPadding(
  metadata: ReadonlyMap<string, string>,
  name: string,
  chain: MatrixSize,
): MatrixSize {
  const text = metadata.get(PREFIX + name);
  if (text === undefined) return { rows: chain.rows, cols: chain.cols };
  const [, rows, cols] = /^\[(\d{1,15}),(\d{1,15})\]$/.exec(text)?.map(Number) ?? [];
  if (rows !== undefined && cols !== undefined && rows <= chain.rows && cols <= chain.cols) {
    if (rows > 0 && cols > 0) return { rows, cols };
  }
  throw new PapilioError(
    "FILE_HEADER",
    `The size ${describeValue(text)} is not that of a matrix within ${chain.rows} x ${chain.cols}.`,
    "Write the file again with papilio factorize.",
  );
}

/** The first entries of each row. */
export function withoutPadding(
  values: FloatArray | Complex<FloatArray>,
  from: number,
  to: number,
): FloatArray | Complex<FloatArray> {
  if (from === to) return values;
  const cut = (part: FloatArray): FloatArray => {
    const rows = part.length / from;
    const kept = part.slice(0, rows * to);
    for (let row = 1; row < rows; row++) {
      kept.set(part.subarray(row * from, row * from + to), row * to);
    }
    return kept;
  };
  return "re" in values ? { re: cut(values.re), im: cut(values.im) } : cut(values);
}
