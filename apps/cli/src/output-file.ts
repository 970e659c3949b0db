import { closeSync, openSync, rmSync, statSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { PapilioError } from "@papilio/butterfly";

/**
 * Makes sure, before any work, that a file can be written where it is wanted.
 *
 * @throws PapilioError `OUTPUT_UNWRITABLE`
 */
export function assertWritable(path: string): void {
  const existed = statSync(path, { throwIfNoEntry: false }) !== undefined;
  try {
    closeSync(openSync(path, "a"));
  } catch (cause) {
    throw new PapilioError(
      "OUTPUT_UNWRITABLE",
      `The file ${path} cannot be written: ${(cause as Error).message}.`,
      "Give a path in a folder that exists and that you may write to.",
      { cause },
    );
  }
  if (!existed) rmSync(path, { force: true });
}

/** Writes a file whole or not at all: a reader never sees half of it. */
export async function writeWhole(path: string, contents: string | Uint8Array): Promise<void> {
  const partial = `${path}.${process.pid}.partial`;
  try {
    await writeFile(partial, contents);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
