import { open } from "node:fs/promises";
import { MODELS_SCHEMA } from "@papilio/bench/results";
import { TRAFFIC_SCHEMA } from "@papilio/bench/traffic";
import type { OutputFile } from "@papilio/gpu-runtime/node";
import { isMarkedNpy } from "./marked-npy.ts";

/** A command that writes files. */
export type Writer =
  | "papilio bench-model"
  | "papilio bench-traffic"
  | "papilio convert"
  | "papilio factorize"
  | "papilio inspect"
  | "papilio multiply"
  | "papilio quantize"
  | "papilio report"
  | "papilio rotate"
  | "papilio run"
  | "papilio train";

/** Bytes of a file that are looked at. */
const HEAD = 2 ** 16;

/** Metadata that say who wrote a safetensors file. */
export const FACTORIZE_METADATA = { "papilio.writer": "papilio factorize" } as const;
export const CONVERT_METADATA = { "papilio.writer": "papilio convert" } as const;
export const QUANTIZE_METADATA = { "papilio.writer": "papilio quantize" } as const;
/** How the header of a safetensors file begins that a command wrote. */
const writtenBy = (writer: string): string => `{"__metadata__":{"papilio.writer":"${writer}"`;

/** Whether a file is JSON of a schema, which it names first. */
const ofSchema =
  (schema: string) =>
  (head: string): boolean =>
    new RegExp(`^\\{\\s*"schema": "${schema}"`).test(head);

/** How files begin, by the command that writes them. */
const BEGINNINGS: Readonly<Record<Writer, (head: string) => boolean>> = {
  "papilio bench-model": ofSchema(MODELS_SCHEMA),
  "papilio bench-traffic": ofSchema(TRAFFIC_SCHEMA),
  "papilio convert": (head) => head.slice(8).startsWith(writtenBy("papilio convert")),
  "papilio factorize": (head) => head.slice(8).startsWith(writtenBy("papilio factorize")),
  "papilio inspect": (head) => /^<svg [^>]*><title>Supports of the factors of /.test(head),
  "papilio multiply": isMarkedNpy,
  "papilio quantize": (head) => head.slice(8).startsWith(writtenBy("papilio quantize")),
  "papilio report": (head) =>
    /^<!doctype html>.{0,1000}<title>Papilio /s.test(head) ||
    /^# Papilio /.test(head) ||
    /^<svg [^>]* aria-labelledby="([\w-]+)-title \1-desc"/.test(head),
  // Most files of a folder do not say who wrote them.
  "papilio rotate": () => false,
  "papilio run": isMarkedNpy,
  // What it wrote took hours: it is replaced when that is asked for alone.
  "papilio train": () => false,
};

/** Whether a command wrote a regular file, as far as its beginning says; an empty one is free too. */
export async function isWrittenBy(file: OutputFile, writer: Writer): Promise<boolean> {
  if (file.size === 0) return true;
  try {
    await using handle = await open(file.path, "r");
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    return BEGINNINGS[writer](buffer.toString("latin1", 0, bytesRead));
  } catch {
    return false; // What cannot be read may be anything.
  }
}
