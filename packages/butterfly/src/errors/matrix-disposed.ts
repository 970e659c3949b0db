import { PapilioError } from "./papilio-error.ts";

/** What the use of a compiled matrix throws after it was disposed of, wherever it was compiled for. */
export function matrixDisposed(): PapilioError {
  return new PapilioError(
    "MATRIX_DISPOSED",
    "The matrix was disposed of: its packed values are gone.",
    "Dispose of it after its last use, or compile another one.",
  );
}
