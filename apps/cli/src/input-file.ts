import { readFile, stat } from "node:fs/promises";
import { PapilioError } from "@papilio/butterfly";

/** A results file of 10,000 cases is about a tenth of this. */
const MAX_TEXT_BYTES = 256 * 1024 * 1024;
/** What is read into memory at once: below what a typed array can hold. */
const MAX_BYTES = 2 ** 32;

/**
 * The text of a results file that a person named.
 *
 * @throws PapilioError `INPUT_UNREADABLE`
 */
export async function readText(file: string): Promise<string> {
  const bytes = await read(file, MAX_TEXT_BYTES, "that `papilio bench --json FILE` wrote");
  return new TextDecoder().decode(bytes);
}

/**
 * The bytes of a file that a person named.
 *
 * @throws PapilioError `INPUT_UNREADABLE`
 */
export function readBytes(file: string): Promise<Uint8Array> {
  return read(file, MAX_BYTES, "in the safetensors or npy format that you may read");
}

/**
 * What a JSON file beside a model holds.
 *
 * @param wanted what it should be, to end the sentence "Give a file ..."
 * @throws PapilioError `INPUT_UNREADABLE`
 */
export async function readJson(file: string, wanted: string): Promise<unknown> {
  const bytes = await read(file, MAX_TEXT_BYTES, wanted);
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new PapilioError(
      "INPUT_UNREADABLE",
      `The file ${file} is not JSON: ${(cause as Error).message}.`,
      `Give a file ${wanted}.`,
      { cause },
    );
  }
}

async function read(file: string, most: number, wanted: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(file);
    if (size > most) throw new Error(`it has ${size} bytes, and at most ${most} are read`);
    return await readFile(file);
  } catch (cause) {
    throw new PapilioError(
      "INPUT_UNREADABLE",
      `The file ${file} cannot be read: ${(cause as Error).message}.`,
      `Give a file ${wanted}.`,
      { cause },
    );
  }
}
