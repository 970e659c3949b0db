import type { BigIntStats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { PapilioError } from "@papilio/butterfly";
import { OutputFile, unwritable } from "@papilio/gpu-runtime/node";
import type { Interruption } from "../process/interruption.ts";
import { type Shown, show } from "../process/kept.ts";
import { isStandardOutput, statusOf, writeToStandardOutput } from "../process/standard-output.ts";
import { isWrittenBy, type Writer } from "./recognize-output.ts";

/** A file that a command is to write. */
export interface OutputRequest {
  readonly path: string;
  /** What writes it: a file that it wrote before may be replaced without `--force`. */
  readonly writer: Writer;
}

export interface OutputOptions {
  /** Files that the command reads, and folders of models; what is not there is left out. */
  readonly inputs: readonly (string | undefined)[];
  /** Whether files that the command did not write may be replaced. */
  readonly force: boolean | undefined;
  /** Until the files are to take their places, the command can be stopped at any time. */
  readonly interruption: Interruption;
}

/** The help of `--force`, which every command with output files has. */
export const FORCE_HELP = "replace a file that this command did not write";

/**
 * The files that a command writes, every one checked before any work: none is one that the command
 * reads, no two are the same, and none replaces what the command did not write unless that is meant.
 */
export class Outputs {
  readonly #options: OutputOptions;
  readonly #files = new Map<string, OutputFile>();

  private constructor(options: OutputOptions) {
    this.#options = options;
  }

  /** @throws PapilioError what {@link Outputs.add} throws */
  static async open(requests: readonly OutputRequest[], options: OutputOptions): Promise<Outputs> {
    const outputs = new Outputs(options);
    await outputs.add(requests);
    return outputs;
  }

  /**
   * Takes more files, all or none of them.
   *
   * @throws PapilioError `OUTPUT_UNWRITABLE`; `OUTPUT_IS_INPUT`; `OUTPUT_TWICE`; `OUTPUT_EXISTS` for a
   *   file that the command did not write, without `--force`
   */
  async add(requests: readonly OutputRequest[]): Promise<void> {
    const { inputs, force } = this.#options;
    const read = await identitiesOf(inputs);
    const taken = new Map([...this.#files.values()].map((file) => [file.identity, file.path]));
    const found: OutputFile[] = [];
    for (const { path, writer } of requests) {
      const file = await inspectOutput(path);
      assertNotInput(file, read);
      const other = taken.get(file.identity);
      if (other !== undefined && !file.isCharacterDevice) throw twice(path, other);
      taken.set(file.identity, path);
      if (!force) await assertReplaceable(file, writer);
      found.push(file);
    }
    for (const file of found) this.#files.set(file.path, file);
  }

  /**
   * Looks whether the files are what they were, for contents that take their places by another way.
   *
   * @throws PapilioError `OUTPUT_CHANGED`
   */
  async requireUnchanged(): Promise<void> {
    for (const file of this.#files.values()) await file.requireUnchanged();
  }

  /** Prints a line for people: on stderr where stdout is one of the files. */
  say(line: string): void {
    show(this.shown(line));
  }

  /**
   * Where lines for people go: to stderr where stdout is one of the files.
   *
   * @param after a line for stderr
   */
  shown(lines: string, after?: string): Shown {
    const isTaken = [...this.#files.values()].some(isStandardOutput);
    const stderr = [...(isTaken ? [lines] : []), ...(after === undefined ? [] : [after])];
    return {
      ...(isTaken ? {} : { stdout: lines }),
      ...(stderr.length === 0 ? {} : { stderr: stderr.join("\n") }),
    };
  }

  /**
   * Writes files that were asked for, all of them to the disk before the first takes its place.
   *
   * @throws PapilioError `DISK_FULL`, `OUTPUT_FAILED`, `OUTPUT_CHANGED`; `INTERRUPTED`, and nothing is
   *   written then
   */
  async write(
    contents: Iterable<readonly [path: string, contents: string | Uint8Array]>,
  ): Promise<void> {
    await this.#write(contents, this.#options.interruption.signal);
  }

  /**
   * Writes a file of work that is kept as it goes on, also when the command is interrupted. A file that
   * cannot be replaced, such as a pipe, is written the last time only.
   *
   * @returns whether it was written
   * @throws PapilioError `DISK_FULL`, `OUTPUT_FAILED`, `OUTPUT_CHANGED`
   */
  async save(path: string, contents: string | Uint8Array, last: boolean): Promise<boolean> {
    const file = this.#files.get(path) as OutputFile;
    const isReplaced = file.kind === "new" || file.kind === "file";
    if (!last && (!isReplaced || isStandardOutput(file))) return false;
    await this.#write([[path, contents]]);
    if (isReplaced) this.#files.set(path, await inspectOutput(path));
    return true;
  }

  async #write(
    contents: Iterable<readonly [path: string, contents: string | Uint8Array]>,
    signal?: AbortSignal,
  ): Promise<void> {
    const staged: OutputFile[] = [];
    try {
      for (const [path, content] of contents) {
        const file = this.#files.get(path) as OutputFile;
        if (isStandardOutput(file)) {
          await writeToStandardOutput(content);
          continue;
        }
        staged.push(file);
        await file.stage(content);
      }
      using _held = this.#options.interruption.hold();
      signal?.throwIfAborted();
      for (let file = staged[0]; file !== undefined; file = staged[0]) {
        await commit(file);
        staged.shift();
      }
    } catch (error) {
      // What another program's file is in the way of is kept, as the error says.
      const kept = error instanceof PapilioError && error.code === "OUTPUT_CHANGED";
      for (const file of kept ? staged.slice(1) : staged) await file.discard();
      throw error;
    }
  }
}

async function commit(file: OutputFile): Promise<void> {
  try {
    await file.commit();
  } catch (error) {
    const { staged } = file;
    if (!(error instanceof PapilioError) || staged === undefined) throw error;
    const message = `${error.message} What was to be written is in ${staged}.`;
    throw new PapilioError(error.code, message, error.fix, { cause: error });
  }
}

/**
 * What stands at the path of an output.
 *
 * @throws PapilioError `OUTPUT_UNWRITABLE`
 */
export async function inspectOutput(path: string): Promise<OutputFile> {
  const file = await OutputFile.inspect(path);
  if (file.kind !== "socket" || isStandardOutput(file)) return file;
  throw unwritable(path, "it is a socket");
}

/** @throws PapilioError `OUTPUT_IS_INPUT` */
export async function assertNotRead(file: OutputFile, inputs: readonly string[]): Promise<void> {
  assertNotInput(file, await identitiesOf(inputs));
}

function assertNotInput(file: OutputFile, inputs: ReadonlyMap<string, string>): void {
  const input = inputs.get(file.identity);
  if (input === undefined) return;
  const which = input === file.path ? "" : ` (as ${input})`;
  throw new PapilioError(
    "OUTPUT_IS_INPUT",
    `The file ${file.path} is both read${which} and to be written.`,
    "Give the output a file of its own.",
  );
}

function twice(path: string, other: string): PapilioError {
  return new PapilioError(
    "OUTPUT_TWICE",
    `The outputs ${other} and ${path} are the same file.`,
    "Give each output a file of its own.",
  );
}

/** @throws PapilioError `OUTPUT_EXISTS` */
async function assertReplaceable(file: OutputFile, writer: Writer): Promise<void> {
  if ((file.kind !== "file" && file.kind !== "disk") || isStandardOutput(file)) return;
  if (file.kind === "file" && (await isWrittenBy(file, writer))) return;
  throw new PapilioError(
    "OUTPUT_EXISTS",
    file.kind === "disk"
      ? `${file.path} is a disk, and all that is on it would be lost.`
      : `The file ${file.path} exists, and ${writer} did not write it.`,
    "Give another path, or --force to replace it.",
  );
}

const STDIN = 0;

/** What a model in a folder is read from. */
const OF_MODELS = /\.(bin|json|safetensors)$/;

/** The files among inputs, by device and inode. Pipes and terminals are read and written at once. */
async function identitiesOf(
  inputs: readonly (string | undefined)[],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const look = async (path: string, inside: boolean): Promise<void> => {
    const status = path === "-" ? statusOf(STDIN) : await statusAt(path);
    if (status?.isFile() || status?.isBlockDevice()) found.set(`${status.dev}:${status.ino}`, path);
    if (!status?.isDirectory() || !inside) return;
    for (const name of await readdir(path).catch(() => [])) {
      if (OF_MODELS.test(name)) await look(join(path, name), false);
    }
  };
  for (const path of inputs) if (path !== undefined) await look(path, true);
  return found;
}

function statusAt(path: string): Promise<BigIntStats | undefined> {
  return stat(path, { bigint: true }).catch(() => undefined);
}
