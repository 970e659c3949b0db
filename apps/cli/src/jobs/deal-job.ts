import { createHash } from "node:crypto";
import type { Msg, NatsConnection } from "@nats-io/transport-node";
import { PapilioError } from "@papilio/butterfly";
import { readSafetensors, type SafetensorsFile, writeSafetensors } from "@papilio/butterfly/files";
import { ChunkQueue, presenceSubject, resultSubject, type WorkerKind } from "./chunk-queue.ts";
import type { JobInputs } from "./job-inputs.ts";
import type { JobOutput, OutputRows, RowsToWrite } from "./job-output.ts";
import { invalidMessage, PRESENCE, TAKEN, textOf, type WorkerReport, wholeOf } from "./messages.ts";

/** What a job is. */
export interface Job {
  readonly kind: WorkerKind;
  readonly inputs: JobInputs;
  /** Rows of the inputs in a chunk; the last may have fewer. */
  readonly chunkRows: number;
  /** Names of outputs and where their rows go, so many for each row of the inputs. */
  readonly outputs: readonly (OutputRows & { readonly name: string; readonly each: number })[];
}

export interface JobReport {
  readonly chunks: number;
  /** Chunks that were there before. */
  readonly before: number;
  /** Results of chunks that were there by then: of workers that had been taken for lost. */
  twice: number;
  readonly workers: ReadonlyMap<string, WorkerReport>;
}

/** Shows how far a job is. */
export interface JobProgress {
  update(done: number, workers: number): void;
}

/** Chunks that are with the server or with workers, at most. */
const OUT = 64;
const OUT_BYTES = 2 ** 28;
/** Milliseconds without a result after which it is asked whether chunks were lost. */
const SILENCE = 2000;
/** Chunks of a job. */
export function chunksOf({ inputs, chunkRows }: Job): number {
  return Math.ceil(inputs.rows / chunkRows);
}

/** What tells a job from all others, as hexadecimal digits. */
export function jobIdentity({ kind, inputs, chunkRows, outputs }: Job): string {
  const of = [
    kind,
    inputs.identity,
    chunkRows,
    outputs.map(({ name, rows, features }) => [name, rows, features]),
  ];
  return createHash("sha256").update(JSON.stringify(of)).digest("hex").slice(0, 32);
}

/**
 * Divides a job among workers, and writes what they answer. Each chunk is written once, whoever computes it.
 *
 * @param output the job's files, with the chunks that were done before
 * @throws PapilioError `CHUNK_FAILED` with what a worker could not compute; `MESSAGE_INVALID`, `DISK_FULL`,
 *   `OUTPUT_FAILED`; `INTERRUPTED` by the signal
 */
export async function dealJob(
  connection: NatsConnection,
  job: Job,
  output: JobOutput,
  progress: JobProgress,
  signal: AbortSignal,
): Promise<JobReport> {
  await using dealer = new Dealer(
    connection,
    await ChunkQueue.open(connection),
    job,
    output,
    progress,
  );
  return await dealer.run(signal);
}

class Dealer implements AsyncDisposable {
  readonly #connection: NatsConnection;
  readonly #queue: ChunkQueue;
  readonly #job: Job;
  readonly #id: string;
  readonly #output: JobOutput;
  readonly #progress: JobProgress;
  readonly #chunks: number;
  readonly #rows: number;
  readonly #report: JobReport & { readonly workers: Map<string, WorkerReport> };
  /** When workers said that they are there. */
  readonly #present = new Map<string, number>();
  /** Chunks that were handed to the server, and whose results did not come yet. */
  readonly #out = new Set<number>();
  #heard = performance.now();
  #wake = Promise.withResolvers<void>();
  #failure: unknown;
  /** Results are written one after another. */
  #written: Promise<void> = Promise.resolve();

  constructor(
    connection: NatsConnection,
    queue: ChunkQueue,
    job: Job,
    output: JobOutput,
    progress: JobProgress,
  ) {
    this.#connection = connection;
    this.#queue = queue;
    this.#job = job;
    this.#id = jobIdentity(job);
    this.#output = output;
    this.#progress = progress;
    this.#rows = job.inputs.rows;
    this.#chunks = chunksOf(job);
    this.#report = {
      chunks: this.#chunks,
      before: output.done.size,
      twice: 0,
      workers: new Map(),
    };
  }

  async run(signal: AbortSignal): Promise<JobReport> {
    const { kind } = this.#job;
    const listen = { callback: this.#whenTaken((message: Msg) => this.#receive(message)) };
    const results = this.#connection.subscribe(resultSubject(this.#id), listen);
    const presence = this.#connection.subscribe(presenceSubject(kind), {
      callback: this.#whenTaken((message: Msg) => {
        this.#present.set(message.string(), performance.now());
        this.#show();
      }),
    });
    const stop = (): void => this.#fail(signal.reason);
    signal.addEventListener("abort", stop);
    try {
      signal.throwIfAborted();
      // What a job that was stopped left with the server is computed too.
      await this.#lookFor();
      await this.#deal();
      return this.#report;
    } finally {
      signal.removeEventListener("abort", stop);
      results.unsubscribe();
      presence.unsubscribe();
      await this.#written;
    }
  }

  /** Takes what is left of the job from the queue, where the server can be reached. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue.clear(this.#job.kind, this.#id).catch(() => undefined);
  }

  async #deal(): Promise<void> {
    const { inputs, chunkRows } = this.#job;
    const most = Math.max(1, Math.min(OUT, Math.floor(OUT_BYTES / chunkRows / inputs.rowBytes)));
    let next = 0;
    while (this.#output.done.size < this.#chunks) {
      if (this.#failure !== undefined) throw this.#failure;
      while (next < this.#chunks && (this.#output.done.has(next) || this.#out.has(next))) next++;
      if (next < this.#chunks && this.#out.size < most) {
        await this.#send(next);
        continue;
      }
      await this.#woken();
      if (performance.now() - this.#heard > SILENCE) {
        await this.#lookFor().catch(() => undefined);
        next = 0;
      }
    }
  }

  /** Hands a chunk to the server; while that cannot be reached, it is handed over later. */
  async #send(chunk: number): Promise<void> {
    const from = chunk * this.#job.chunkRows;
    const to = Math.min(from + this.#job.chunkRows, this.#rows);
    const arrays = await this.#job.inputs.read(from, to);
    const names = this.#job.outputs.map(({ name }) => name);
    const texts = { job: this.#id, chunk: `${chunk}`, outputs: JSON.stringify(names) };
    try {
      await this.#queue.put(this.#job.kind, this.#id, chunk, writeSafetensors(arrays, texts));
      this.#out.add(chunk);
    } catch (error) {
      if (this.#connection.isClosed()) throw error;
      await this.#woken();
    }
  }

  /** Finds out which chunks the server has: others that were handed over are lost. */
  async #lookFor(): Promise<void> {
    const waiting = await this.#queue.waiting(this.#job.kind, this.#id);
    this.#out.clear();
    for (const chunk of waiting) if (!this.#output.done.has(chunk)) this.#out.add(chunk);
    this.#heard = performance.now();
  }

  /** Until something came, or a moment has passed. */
  async #woken(): Promise<void> {
    const timer = setTimeout(() => this.#wake.resolve(), SILENCE / 8);
    await this.#wake.promise;
    clearTimeout(timer);
    this.#wake = Promise.withResolvers();
  }

  #fail(reason: unknown): void {
    this.#failure ??= reason;
    this.#wake.resolve();
  }

  /** What a subscription calls: errors end the job. */
  #whenTaken(take: (message: Msg) => void): (error: Error | null, message: Msg) => void {
    return (error, message) => {
      try {
        if (error !== null) throw error;
        take(message);
      } catch (failure) {
        this.#fail(failure);
      }
    };
  }

  /** Answers whether a result was taken: only then may the worker have the server forget the chunk. */
  #receive(message: Msg): void {
    this.#written = this.#written.then(async () => {
      if (this.#failure === undefined) {
        await this.#take(message.data).catch((error: unknown) => this.#fail(error));
      }
      message.respond(this.#failure === undefined ? TAKEN : "");
    });
  }

  async #take(bytes: Uint8Array): Promise<void> {
    const result = readSafetensors(bytes);
    if (result.metadata.has("code")) throw refusedBy(result);
    const chunk = wholeOf(result, "chunk");
    const worker = textOf(result, "worker");
    if (chunk >= this.#chunks) throw invalidMessage(`it is of chunk ${chunk} of ${this.#chunks}`);
    const share = this.#report.workers.get(worker) ?? { worker, chunks: 0, seconds: 0 };
    this.#report.workers.set(worker, share);
    share.seconds += wholeOf(result, "microseconds") / 1e6;
    if (this.#output.done.has(chunk)) this.#report.twice++;
    else {
      await this.#output.write(chunk, this.#rowsIn(result, chunk));
      share.chunks++;
    }
    this.#out.delete(chunk);
    this.#heard = performance.now();
    this.#show();
    this.#wake.resolve();
  }

  #rowsIn(result: SafetensorsFile, chunk: number): RowsToWrite[] {
    const from = chunk * this.#job.chunkRows;
    const rows = Math.min(this.#job.chunkRows, this.#rows - from);
    return this.#job.outputs.map(({ name, each, features }) => {
      const tensor = result.tensors.get(name);
      const shape = [rows * each, features];
      if (tensor?.dtype === "F32" && String(tensor.shape) === String(shape)) {
        return { row: from * each, bytes: tensor.bytes };
      }
      throw invalidMessage(`it has no ${name} of [${shape}]`);
    });
  }

  #show(): void {
    const now = performance.now();
    const there = [...this.#present.values()].filter((time) => now - time < 3 * PRESENCE);
    this.#progress.update(this.#output.done.size, there.length);
  }
}

/** What a worker says that it could not compute, as its error says. */
function refusedBy(result: SafetensorsFile): PapilioError {
  const [chunk, worker] = [wholeOf(result, "chunk"), textOf(result, "worker")];
  return new PapilioError(
    "CHUNK_FAILED",
    `Chunk ${chunk} failed on ${worker} with ${textOf(result, "code")}: ${textOf(result, "message")}`,
    textOf(result, "fix"),
  );
}
