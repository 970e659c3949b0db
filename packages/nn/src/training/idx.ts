import { PapilioError } from "@papilio/butterfly";
import { bytes as bytesCheck } from "../arguments/checks.ts";

/** An array of bytes with axes, as MNIST is distributed. */
export interface IdxFile {
  readonly shape: readonly number[];
  /** A view of the file. */
  readonly values: Uint8Array;
}

/** Axes of a file, at most: images with channels have four. */
const MOST_AXES = 4;

/**
 * Reads an IDX file of bytes: the images or the labels of MNIST and Fashion-MNIST. The sizes that it speaks of are
 * compared with what there is; nothing is copied.
 *
 * Source: the file format on the page of MNIST (LeCun, Cortes and Burges).
 *
 * @throws PapilioError `DATA_INVALID`
 */
export function readIdx(file: Uint8Array): IdxFile {
  bytesCheck("The IDX file", file);
  const [zero, alsoZero, type, axes = 0] = file;
  if (zero !== 0 || alsoZero !== 0 || axes < 1 || axes > MOST_AXES) {
    throw invalid("it does not begin with two zeros, a type and up to four axes");
  }
  if (type !== 8)
    throw invalid(`its elements are of the type ${type}, and only bytes (8) are read`);
  const begin = 4 + 4 * axes;
  if (file.length < begin) throw invalid(`it ends within its header of ${begin} bytes`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis));
  const elements = shape.reduce((product, size) => product * size, 1);
  if (elements !== file.length - begin) {
    throw invalid(
      `[${shape.join(", ")}] are ${elements} elements, and there are ${file.length - begin}`,
    );
  }
  return { shape, values: file.subarray(begin) };
}

function invalid(problem: string): PapilioError {
  return new PapilioError(
    "DATA_INVALID",
    `The IDX file cannot be read: ${problem}.`,
    "Download it again: images are idx3-ubyte, labels idx1-ubyte.",
  );
}
