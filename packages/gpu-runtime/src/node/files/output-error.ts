import { PapilioError } from "@papilio/butterfly";

/** No space on the disk, none of the user's quota, or a file larger than may be. */
const FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/**
 * `OUTPUT_UNWRITABLE`: before any work, an output that cannot be written.
 *
 * @internal
 */
export function unwritable(path: string, reason: string, cause?: unknown): PapilioError {
  return new PapilioError(
    "OUTPUT_UNWRITABLE",
    `The file ${path} cannot be written: ${reason}.`,
    "Give a path in a folder that exists and that you may write to.",
    { cause },
  );
}

/**
 * What a failed write becomes: `DISK_FULL`, or `OUTPUT_FAILED` for every other reason.
 *
 * @internal
 * @param what was written, to begin a sentence: `The file y.npy`
 */
export function outputFailed(what: string, cause: unknown): PapilioError {
  if (cause instanceof PapilioError) return cause;
  const { code = "", message } = cause as NodeJS.ErrnoException;
  return FULL.has(code)
    ? new PapilioError(
        "DISK_FULL",
        `${what} cannot be written, as the disk is full: ${message}.`,
        "Free some space, or give a path on another disk.",
        { cause },
      )
    : new PapilioError(
        "OUTPUT_FAILED",
        `${what} could not be written: ${message}.`,
        "Give another path, or see to what the system says.",
        { cause },
      );
}
