import { PapilioError } from "../errors/papilio-error.ts";

/** What a file cannot be read for, with a stable code. */
export type FileErrorCode =
  | "FILE_TRUNCATED"
  | "FILE_HEADER"
  | "FILE_TENSOR"
  | "TENSOR_DTYPE"
  | "TENSOR_MISSING"
  | "TENSOR_SHAPE";

const FIXES: { readonly [C in FileErrorCode]: string } = {
  FILE_TRUNCATED: "Copy or download the file again: a part of it is missing.",
  FILE_HEADER:
    "Pass a file of this format, or write it again with a current version of its writer.",
  FILE_TENSOR: "Write the file again with a current version of its writer; it may be damaged.",
  TENSOR_DTYPE: "Convert the tensor to float32, float16, bfloat16 or float64.",
  TENSOR_MISSING: "Pass the name of a tensor of this file.",
  TENSOR_SHAPE: "Pass a tensor of the shape that is asked for.",
};

export function fileError(
  code: FileErrorCode,
  message: string,
  { cause, fix = FIXES[code] }: { readonly cause?: unknown; readonly fix?: string } = {},
): PapilioError {
  return new PapilioError(code, message, fix, cause === undefined ? undefined : { cause });
}

/** The product of a shape's sizes; undefined unless all are whole and the product is below 2^53. */
export function elementsOf(shape: readonly unknown[]): number | undefined {
  let elements = 1;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || (size as number) < 0) return undefined;
    elements *= size as number;
    if (!Number.isSafeInteger(elements)) return undefined;
  }
  return elements;
}

/** A shape for a message, cut where it would drown it. */
export function showShape(shape: readonly number[]): string {
  const shown = shape.slice(0, 8).join(", ");
  return shape.length > 8 ? `${shown}, and ${shape.length - 8} more` : shown;
}
