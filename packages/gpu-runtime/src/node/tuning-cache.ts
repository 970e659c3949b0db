import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { cpus, hostname } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { PapilioError } from "@papilio/butterfly";
import { requireOptions, requireText } from "@papilio/butterfly/errors";
import { parseJsonText } from "@papilio/butterfly/files";
import { keyText, type TuningCache } from "../tuning/cache.ts";
import type { TuningKey } from "../tuning/key.ts";
import { writeTemporary } from "./files/temporary-file.ts";
import { privateCache, strangersIn } from "./user-cache.ts";

export interface TuningCacheOptions {
  /**
   * Where the files lie; made when it is first written to. By default `papilio/tuning` in the user's
   * cache folder: `XDG_CACHE_HOME` or `~/.cache`, `~/Library/Caches` on macOS, `LOCALAPPDATA` on
   * Windows; it is not used when other users can write to it. Who may write to a directory given here
   * is the caller's choice.
   */
  readonly directory?: string;
  /**
   * Machines of the same text share entries; by default each has its own, by its name and processor.
   * Give one to a fleet of equal machines.
   */
  readonly machine?: string;
}

/** Of the files: it rises when the names of candidates change, or what is kept of them. */
const FORMAT = 2;

/** Largest file that is read, in bytes: entries take about one kilobyte. */
const MOST_BYTES = 2 ** 16;

/**
 * A cache on disk: one JSON file for each key, with the whole key in it, which is compared when it is
 * read. Files of another machine or format, damaged ones, those that another user could have written,
 * and what is not a plain file count as absent. Each is written under another name and then renamed, so
 * that concurrent processes see whole ones.
 *
 * Its `set` throws PapilioError `TUNING_CACHE_WRITE` where it cannot write; `tune` passes that on to
 * `onCacheError` and goes on.
 *
 * @example
 * ```ts
 * const { best } = await tuneKroneckerSparse(gpu, pattern, shape, { cache: openTuningCache() });
 * ```
 */
export function openTuningCache(options: TuningCacheOptions = {}): TuningCache {
  requireOptions("The options", options);
  const { directory, machine = describeMachine() } = options;
  if (directory !== undefined) requireText("The directory", directory);
  requireText("The machine", machine);
  const nameOf = (key: TuningKey): string => {
    const identity = JSON.stringify([machine, keyText(key)]);
    return `${createHash("sha256").update(identity).digest("hex")}.json`;
  };
  return {
    async get(key) {
      const folder = directory ?? (await privateCache("tuning").catch(() => undefined));
      if (folder === undefined) return undefined;
      const entry = parseEntry(await readSmallFile(join(folder, nameOf(key))));
      const fits =
        entry?.format === FORMAT && entry.machine === machine && isDeepStrictEqual(entry.key, key);
      return fits ? entry.value : undefined;
    },
    async set(key, value) {
      const text = `${JSON.stringify({ format: FORMAT, machine, key, value })}\n`;
      try {
        const folder = directory ?? (await privateCache("tuning"));
        await replaceFile(folder, join(folder, nameOf(key)), text);
      } catch (cause) {
        throw new PapilioError(
          "TUNING_CACHE_WRITE",
          `The tuning cache${directory === undefined ? "" : ` in ${directory}`} cannot be written: ${(cause as Error).message}`,
          "Give openTuningCache a directory that can be, or tune without a cache.",
          { cause },
        );
      }
    },
  };
}

/** The text of a plain file of at most {@link MOST_BYTES}, or nothing. */
async function readSmallFile(path: string): Promise<string> {
  // Neither waits for a pipe's other end nor follows a link. Windows has neither flag.
  const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants;
  try {
    await using file = await open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
    const status = await file.stat();
    if (!status.isFile() || status.size > MOST_BYTES) return "";
    if (strangersIn(status) !== undefined) return "";
    return await file.readFile("utf8");
  } catch {
    return "";
  }
}

function parseEntry(
  text: string,
): Partial<Record<"format" | "machine" | "key" | "value", unknown>> | undefined {
  try {
    return Object(parseJsonText(text));
  } catch {
    return undefined;
  }
}

/** Replaces what has the name, a link included, by a file that is whole. */
async function replaceFile(directory: string, path: string, text: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  using temporary = await writeTemporary(directory, text, { mode: 0o600 });
  try {
    await rename(temporary.path, path);
  } catch (error) {
    await rm(temporary.path, { force: true });
    throw error;
  }
}

/** Tells machines apart on which the same adapter, such as a software one, has another speed. */
function describeMachine(): string {
  const processors = cpus();
  const model = processors[0]?.model ?? "unknown processor";
  return `${hostname()}: ${process.platform} ${process.arch}, ${processors.length} x ${model}`;
}
