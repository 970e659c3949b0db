import type { Consumer } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { WorkQueue } from "./work-queue.ts";

/** How long chunks of a job that nobody waits for any more are kept. */
const KEPT = 7 * 24 * 60 * 60 * 1000;

/** What computes a chunk, as part of subjects: the same for all workers that give the same answers. */
export type WorkerKind = string;

/** Where the results of a job go. */
export function resultSubject(job: string): string {
  return `papilio.results.${job}`;
}

/** Where workers of a kind say that they are there. */
export function presenceSubject(kind: WorkerKind): string {
  return `papilio.workers.${kind}`;
}

/**
 * The queue of chunks, which a NATS server keeps on its disk: each is there until a worker has said that its result was
 * taken, and goes to another worker when the one that had it falls silent.
 */
export class ChunkQueue {
  readonly #queue: WorkQueue;

  private constructor(queue: WorkQueue) {
    this.#queue = queue;
  }

  /** @throws PapilioError `NATS_UNREACHABLE` for a server without JetStream */
  static async open(connection: NatsConnection): Promise<ChunkQueue> {
    const given = { name: "PAPILIO_CHUNKS", subjects: "papilio.chunks", kept: KEPT };
    return new ChunkQueue(await WorkQueue.open(connection, given));
  }

  /** Rejects while the server cannot be reached. */
  async put(kind: WorkerKind, job: string, chunk: number, message: Uint8Array): Promise<void> {
    await this.#queue.put([kind, job, `${chunk}`], message);
  }

  /** Which chunks of a job are with workers or wait for one. */
  async waiting(kind: WorkerKind, job: string): Promise<ReadonlySet<number>> {
    const subjects = await this.#queue.waiting([kind, job, "*"]);
    return new Set(subjects.map((subject) => Number(subject.split(".").at(-1))));
  }

  /** Takes the chunks of a job away. */
  async clear(kind: WorkerKind, job: string): Promise<void> {
    await this.#queue.clear([kind, job, "*"]);
  }

  /** Where a worker gets chunks from, shared by all workers of its kind; `patience` in milliseconds. */
  async consumer(kind: WorkerKind, patience: number): Promise<Consumer> {
    return await this.#queue.consumer(kind, patience);
  }
}
