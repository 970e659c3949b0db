import { SCHEMA } from "@papilio/bench/results";
import { OutputFile } from "@papilio/gpu-runtime/node";
import { note } from "../process/print.ts";

/**
 * How a results file ends: with a whole line (`line`), in the middle of one or without its line end
 * (`open line`), in the middle of the very first one, or before it begins.
 */
export type ResultsEnd = "line" | "open line" | "cut header" | "empty";

/** How the first line begins, up to the version; its end may be missing. */
const HEADER = `{"record":"run","schema":"${SCHEMA.replace(/\d+$/, "")}`;

/** Bytes decide, not characters: a file can be cut inside of one. */
export function endOf(bytes: Uint8Array): ResultsEnd {
  const newline = bytes.indexOf(0x0a);
  // All but the shortest files: nothing of them is copied.
  if (bytes[0] === 0x7b && newline >= 0 && (bytes[newline + 1] ?? 0) > 0x20) return ending(bytes);
  // A file whose length reached the disk and whose contents did not is full of zeros.
  const characters = Buffer.from(bytes)
    .toString("latin1")
    .replace(/^(\u00EF\u00BB\u00BF)+/, "");
  const text = characters.replace(/\0+$/, "").trim();
  if (characters.trim() === "") return "empty";
  if (text === "" || /^\u00EF\u00BB?$/.test(text)) return "cut header";
  if (!text.includes("\n") && beginsHeader(text) && !isJson(text)) return "cut header";
  return ending(bytes);
}

function ending(bytes: Uint8Array): ResultsEnd {
  return bytes.at(-1) === 0x0a ? "line" : "open line";
}

function beginsHeader(text: string): boolean {
  return text.length < HEADER.length ? HEADER.startsWith(text) : text.startsWith(HEADER);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Keeps a file's contents under another name, and empties the file.
 *
 * @throws PapilioError `DISK_FULL`, `OUTPUT_FAILED`, in which case it is as it was
 */
export async function setAside(file: OutputFile, bytes: Uint8Array): Promise<void> {
  const kept = await keep(file.target, bytes);
  note(
    `The first line of ${file.path} was cut off: it is kept in ${kept}, and the run begins again.`,
  );
  await file.stage("");
  await file.commit();
}

/** Writes a new file beside another, under the first name that is free. */
async function keep(path: string, bytes: Uint8Array): Promise<string> {
  for (let count = 1; ; count++) {
    const file = await OutputFile.inspect(`${path}.cut-${count}`);
    if (file.kind !== "new") continue;
    await file.stage(bytes);
    await file.commit();
    return file.path;
  }
}
