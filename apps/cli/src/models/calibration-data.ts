import { PapilioError } from "@papilio/butterfly";
import { readBytes } from "../files/input-file.ts";
import { type ArrayFile, readArray } from "./array-file.ts";
import { TEXT_MODELS } from "./language-model.ts";
import { folderOf, type ModelConfig, readConfig, readJsonBeside } from "./model-folder.ts";

const MOST_TEXT_BYTES = 2 ** 28;

/** What a model or butterflies are calibrated with, read. */
export interface CalibrationData {
  readonly file: string;
  /** Where the model is, and its config.json; undefined of butterflies without a model. */
  readonly folder: string;
  readonly config: ModelConfig | undefined;
  /** A text for a language model, else an array. */
  readonly contents: string | ArrayFile;
}

/** The same of a model. */
export type ModelCalibrationData = CalibrationData & { readonly config: ModelConfig };

/**
 * Reads what a model is calibrated with, before its weights, which may take minutes.
 *
 * @param path the folder of a model, a safetensors file in it, or one of butterflies
 * @param asks whether there must be a model
 * @throws PapilioError `MODEL_KIND` where there is none; `CONFIG_INVALID`; what reading the file throws
 */
export async function readCalibration(
  path: string,
  file: string,
  asks: { readonly model: boolean },
): Promise<CalibrationData> {
  const folder = await folderOf(path);
  if ((await readJsonBeside(folder, "config.json")) === undefined) {
    if (!asks.model) return { file, folder, config: undefined, contents: await readArray(file) };
    throw new PapilioError(
      "MODEL_KIND",
      `There is no config.json beside ${path}: matrices alone are no model that could be trained.`,
      "Leave --train out, or give the folder of a model.",
    );
  }
  const config = await readConfig(folder);
  const contents = TEXT_MODELS.includes(config.model_type)
    ? new TextDecoder().decode(await readBytes(file, MOST_TEXT_BYTES))
    : await readArray(file);
  return { file, folder, config, contents };
}
