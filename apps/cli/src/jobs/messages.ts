import { PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import type { SafetensorsFile } from "@papilio/butterfly/files";

/*
 * Messages between a job and its workers are safetensors files: arrays by name, with texts beside them.
 */

/** What a job answers when it has taken a result. */
export const TAKEN = "taken";

/** Milliseconds in which a worker says again that it is there. */
export const PRESENCE = 1000;

/** What a worker did. */
export interface WorkerReport {
  readonly worker: string;
  chunks: number;
  /** In which it computed. */
  seconds: number;
}

/** A text of a message. Throws `MESSAGE_INVALID` where there is none of the name. */
export function textOf({ metadata }: SafetensorsFile, name: string): string {
  const text = metadata.get(name);
  if (text !== undefined) return text;
  throw invalidMessage(`it has no ${name}`);
}

/** A whole number of a message, at least 0. Throws `MESSAGE_INVALID`. */
export function wholeOf(message: SafetensorsFile, name: string): number {
  const text = textOf(message, name);
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw invalidMessage(`its ${name} is ${describeValue(text)}`);
}

/** Names of outputs that a chunk asks for. Throws `MESSAGE_INVALID`. */
export function outputNamesOf(message: SafetensorsFile): readonly string[] {
  const names: unknown = JSON.parse(textOf(message, "outputs"));
  if (Array.isArray(names) && names.every((name) => typeof name === "string")) return names;
  throw invalidMessage("its outputs are no names");
}

/** An error for a message that is not what commands of this version send. */
export function invalidMessage(what: string): PapilioError {
  return new PapilioError(
    "MESSAGE_INVALID",
    `A message is not from a job or a worker of this version: ${what}.`,
    "Use the same version of papilio for the job and its workers.",
  );
}
