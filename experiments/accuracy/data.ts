import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/** The text of a compressed file of this folder. */
export function readText(path: string): string {
  return gunzipSync(readFileSync(join(import.meta.dirname, path))).toString();
}
