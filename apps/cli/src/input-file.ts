import { readFile, stat } from "node:fs/promises";
import { PapilioError } from "@papilio/butterfly";

/** A results file of 10,000 cases is about a tenth of this. */
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * The text of a file that a person named.
 *
 * @throws PapilioError `INPUT_UNREADABLE`
 */
export async function readText(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > MAX_BYTES)
      throw new Error(`it has ${size} bytes, and at most ${MAX_BYTES} are read`);
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new PapilioError(
      "INPUT_UNREADABLE",
      `The file ${file} cannot be read: ${(cause as Error).message}.`,
      "Give a file that `papilio bench --json FILE` wrote.",
      { cause },
    );
  }
}
