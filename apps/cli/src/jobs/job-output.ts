import { type FileHandle, open, readFile, rename, rm } from "node:fs/promises";
import { PapilioError } from "@papilio/butterfly";
import { outputFailed } from "@papilio/gpu-runtime/node";
import { markedNpyHeader } from "../files/marked-npy.ts";
import { inspectOutput } from "../files/outputs.ts";
import { writeFully } from "../files/write-fully.ts";

/** A file that rows of an output go to, `[rows, features]` in float32. */
export interface OutputRows {
  readonly path: string;
  readonly rows: number;
  readonly features: number;
}

/** Rows of all outputs that are whole, and where they begin. */
export interface RowsToWrite {
  readonly row: number;
  readonly bytes: Uint8Array;
}

const FLOAT_BYTES = 4;

/**
 * The files of a job while it goes on: each lies beside its place as `NAME.part`, and `NAME.job` of the first says
 * which chunks it has. Whatever ends the process, what a chunk's line says is on the disk; the same job goes on from
 * there. When it has all chunks, the files take their places.
 */
export class JobOutput implements AsyncDisposable {
  readonly #parts: readonly Part[];
  readonly #journal: Journal;
  readonly #done: Set<number>;

  private constructor(parts: readonly Part[], journal: Journal, done: Set<number>) {
    this.#parts = parts;
    this.#journal = journal;
    this.#done = done;
  }

  /**
   * @param job what tells it from other jobs
   * @param chunks that it has
   * @param force whether what is left of another job is removed
   * @throws PapilioError `JOB_OTHER` for what is left of another job; `OUTPUT_UNWRITABLE`, `OUTPUT_FAILED`, `DISK_FULL`
   */
  static async open(
    outputs: readonly OutputRows[],
    {
      job,
      chunks,
      force,
    }: { readonly job: string; readonly chunks: number; readonly force: boolean },
  ): Promise<JobOutput> {
    const targets: Target[] = [];
    for (const output of outputs) {
      const { target, kind } = await inspectOutput(output.path);
      if (kind !== "new" && kind !== "file") throw noPlainFile(output.path);
      targets.push({ ...output, target });
    }
    const journalPath = `${(targets[0] as Target).target}.job`;
    const known = await readJournal(journalPath, job, chunks);
    if (known === "other" && !force) throw otherJob(journalPath);
    const parts: Part[] = [];
    try {
      if (known === undefined || known === "other") {
        if (force) await removeAll([journalPath, ...targets.map(partOf)]);
        for (const target of targets) parts.push(await createPart(target));
        const journal = await Journal.create(journalPath, job);
        return new JobOutput(parts, journal, new Set());
      }
      for (const target of targets) parts.push(await reopenPart(target));
      return new JobOutput(parts, await Journal.reopen(journalPath, known.bytes), known.done);
    } catch (error) {
      for (const { handle } of parts) await handle.close();
      throw error;
    }
  }

  /** Chunks that are on the disk. */
  get done(): ReadonlySet<number> {
    return this.#done;
  }

  /**
   * Writes what came of a chunk, to the disk.
   *
   * @param rows of each output, in their order
   * @throws PapilioError `DISK_FULL`, `OUTPUT_FAILED`
   */
  async write(chunk: number, rows: readonly RowsToWrite[]): Promise<void> {
    for (const [index, { row, bytes }] of rows.entries()) {
      const { handle, path, begin, features } = this.#parts[index] as Part;
      await writeAt(handle, path, bytes, begin + row * features * FLOAT_BYTES);
      await handle.datasync();
    }
    await this.#journal.add(chunk);
    this.#done.add(chunk);
  }

  /**
   * Lets the files take their places.
   *
   * @throws PapilioError `OUTPUT_FAILED`
   */
  async finish(): Promise<void> {
    for (const part of this.#parts) {
      await rename(partOf(part), part.target).catch((cause: unknown) => {
        throw outputFailed(`The file ${part.path}`, cause);
      });
    }
    await this.#journal.remove();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { handle } of this.#parts) await handle.close();
    await this.#journal.close();
  }
}

/** An output and the file that it is to become, links followed. */
interface Target extends OutputRows {
  readonly target: string;
}

interface Part extends Target {
  readonly handle: FileHandle;
  /** Bytes of the header. */
  readonly begin: number;
}

/** A line for the job, and one for each chunk that is done. */
class Journal {
  readonly #path: string;
  readonly #handle: FileHandle;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  static async create(path: string, job: string): Promise<Journal> {
    const journal = new Journal(path, await openNew(path));
    await journal.#append(`${JSON.stringify({ job })}\n`);
    return journal;
  }

  /** @param bytes that are kept: what follows is a line that a crash cut off */
  static async reopen(path: string, bytes: number): Promise<Journal> {
    const journal = new Journal(path, await open(path, "a"));
    await journal.#handle.truncate(bytes);
    return journal;
  }

  add(chunk: number): Promise<void> {
    return this.#append(`${chunk}\n`);
  }

  async #append(line: string): Promise<void> {
    await writeAt(this.#handle, this.#path, Buffer.from(line));
    await this.#handle.datasync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  remove(): Promise<void> {
    return rm(this.#path, { force: true });
  }
}

/** The chunks of a journal, and the bytes of its whole lines; undefined where there is none, `other` for another job's. */
async function readJournal(
  path: string,
  job: string,
  chunks: number,
): Promise<{ readonly done: Set<number>; readonly bytes: number } | "other" | undefined> {
  const text = await readFile(path, "latin1").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw outputFailed(`The file ${path}`, error);
  });
  if (text === undefined) return undefined;
  const bytes = text.lastIndexOf("\n") + 1;
  const [head, ...lines] = text.slice(0, bytes).split("\n");
  if (head !== JSON.stringify({ job })) return "other";
  const whole = lines.filter((line) => /^\d+$/.test(line)).map(Number);
  return { done: new Set(whole.filter((chunk) => chunk < chunks)), bytes };
}

function partOf({ target }: Pick<Target, "target">): string {
  return `${target}.part`;
}

async function createPart(target: Target): Promise<Part> {
  const path = partOf(target);
  const header = markedNpyHeader([target.rows, target.features]);
  const handle = await openNew(path);
  await writeAt(handle, path, header, 0);
  // All of its length is asked for at once; where a file may have holes, the disk can still become full.
  await handle.truncate(header.length + target.rows * target.features * FLOAT_BYTES);
  return { ...target, handle, begin: header.length };
}

async function reopenPart(target: Target): Promise<Part> {
  const path = partOf(target);
  const header = markedNpyHeader([target.rows, target.features]);
  const handle = await open(path, "r+").catch((cause: unknown) => {
    throw outputFailed(`The file ${path}`, cause);
  });
  const { size } = await handle.stat();
  if (size === header.length + target.rows * target.features * FLOAT_BYTES) {
    return { ...target, handle, begin: header.length };
  }
  await handle.close();
  throw otherJob(path);
}

function openNew(path: string): Promise<FileHandle> {
  return open(path, "wx").catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === "EEXIST" ? otherJob(path) : outputFailed(`The file ${path}`, cause);
  });
}

function writeAt(
  handle: FileHandle,
  path: string,
  bytes: Uint8Array,
  position?: number,
): Promise<void> {
  return writeFully(handle, bytes, position).catch((cause: unknown) => {
    throw outputFailed(`The file ${path}`, cause);
  });
}

async function removeAll(paths: readonly string[]): Promise<void> {
  for (const path of paths) await rm(path, { force: true });
}

function noPlainFile(path: string): PapilioError {
  return new PapilioError(
    "OUTPUT_UNWRITABLE",
    `${path} is no plain file, and results of a job are written in any order.`,
    "Give the output a file of its own.",
  );
}

function otherJob(path: string): PapilioError {
  return new PapilioError(
    "JOB_OTHER",
    `${path} is left of another job: of another model, other inputs or other chunks.`,
    "Run that job to its end, give other outputs, or --force to begin this one anew.",
  );
}
