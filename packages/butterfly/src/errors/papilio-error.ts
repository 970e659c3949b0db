import type { ErrorCode } from "./error-codes.ts";

/**
 * The error of every Papilio package: something that the caller can act on.
 *
 * @example
 * ```ts
 * try {
 *   Pattern.parse(text);
 * } catch (error) {
 *   if (!(error instanceof PapilioError)) throw error;
 *   console.error(`${error.code}: ${error.message} ${error.fix}`);
 * }
 * ```
 */
export class PapilioError extends Error {
  /** Stable and SCREAMING_SNAKE: what a program branches on. */
  readonly code: ErrorCode;
  /** What to do about it, as a sentence. */
  readonly fix: string;

  /**
   * @param message what is wrong, as a sentence with the offending figures
   * @param options `cause` is the error underneath, where there is one
   */
  constructor(code: ErrorCode, message: string, fix: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "PapilioError";
    this.code = code;
    this.fix = fix;
  }
}
