import { mkdir } from "node:fs/promises";
import { PapilioError } from "@papilio/butterfly";

/**
 * Makes a folder, and those that it is in, where they are not there.
 *
 * @throws PapilioError `OUTPUT_UNWRITABLE`
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new PapilioError(
      "OUTPUT_UNWRITABLE",
      `The folder ${folder} cannot be made: ${(cause as Error).message}.`,
      "Give a path at which you may make a folder.",
      { cause },
    );
  }
}
