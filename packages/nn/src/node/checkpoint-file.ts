import { PapilioError } from "@papilio/butterfly";
import { requireOptions, requireText } from "@papilio/butterfly/errors";
import { OutputFile } from "@papilio/gpu-runtime/node";
import { map, text } from "../arguments/checks.ts";
import type { Parameter } from "../modules/parameter.ts";
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  readCheckpointSettings,
} from "../training/checkpoint.ts";
import { openFile } from "./disk.ts";

/**
 * Writes a checkpoint, as `encodeCheckpoint` makes it, in place of the one that was there: it is written to a temporary file
 * in the same folder, and through to the disk, before it gets its name. Whoever reads meanwhile finds the one or the
 * other, whole, also after the process was killed. A link is followed.
 *
 * @param path of the file, in a folder that is there
 * @param parameters in the order of the trainer
 * @throws PapilioError `OUTPUT_UNWRITABLE`, `DISK_FULL`, `OUTPUT_FAILED`, and what was there is as it was; `OUTPUT_CHANGED` where
 *   another program put a file there meanwhile; what `encodeCheckpoint` throws
 *
 * @example
 * ```ts
 * const onState = (state: TrainerState) =>
 *   saveCheckpoint("run/model.safetensors", parameters, { state, optimizer: "adamw", settings: "seed 1" });
 * ```
 */
export async function saveCheckpoint(
  path: string,
  parameters: ReadonlyMap<string, Parameter>,
  checkpoint: Checkpoint,
): Promise<void> {
  requireText("The path", path);
  const contents = encodeCheckpoint(parameters, checkpoint);
  const file = await OutputFile.inspect(path);
  try {
    await file.stage(contents);
    await file.commit();
  } catch (error) {
    await file.discard();
    throw error;
  }
}

/** What a checkpoint is asked for. */
export interface LoadCheckpointOptions {
  /** What the run that goes on is started with: the checkpoint must be of the same. Any unless given. */
  readonly settings?: string | undefined;
}

/**
 * Reads what {@link saveCheckpoint} wrote.
 *
 * @param parameters in the order of the trainer that is to go on
 * @returns undefined where there is no file
 * @throws PapilioError `TRAINING_OTHER_RUN` for one of other settings; `STATE_DICT_SOURCE` for what cannot be read; what
 *   `decodeCheckpoint` throws
 */
export async function loadCheckpoint(
  path: string,
  parameters: ReadonlyMap<string, Parameter>,
  options: LoadCheckpointOptions = {},
): Promise<Checkpoint | undefined> {
  requireText("The path", path);
  map("The parameters", parameters);
  requireOptions("The options of loadCheckpoint", options);
  const { settings } = options;
  if (settings !== undefined) text("settings", settings);
  const bytes = await contentsOf(path);
  if (bytes === undefined) return undefined;
  if (settings === undefined || readCheckpointSettings(bytes) === settings) {
    return decodeCheckpoint(bytes, parameters);
  }
  throw new PapilioError(
    "TRAINING_OTHER_RUN",
    `The checkpoint in ${path} is of a run with other data or other settings.`,
    "Give the same data and settings to go on from it, or write to another place.",
  );
}

async function contentsOf(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const file = await openFile(path, false);
  if (file === undefined) return undefined;
  try {
    const bytes = new Uint8Array(file.size ?? 0);
    let at = 0;
    for (let count = -1; count !== 0 && at < bytes.length; at += count) {
      count = await file.read(bytes.subarray(at));
    }
    return bytes.subarray(0, at);
  } finally {
    await file.close();
  }
}
