import { PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import type { SafetensorsFile } from "@papilio/butterfly/files";

/*
 * Messages between a job and its workers are safetensors files: arrays by name, with texts beside them.
 */

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

/** An error for a message that is not what commands of this version send. */
export function invalidMessage(what: string): PapilioError {
  return new PapilioError(
    "MESSAGE_INVALID",
    `A message is not from a job or a worker of this version: ${what}.`,
    "Use the same version of papilio for the job and its workers.",
  );
}
