import {
  AckPolicy,
  type Consumer,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from "@nats-io/jetstream";
import { type NatsConnection, nanos } from "@nats-io/transport-node";
import { PapilioError } from "@papilio/butterfly";

/** The stream that holds chunks of jobs until a worker has computed them. */
const STREAM = "PAPILIO_CHUNKS";
const DAY = 24 * 60 * 60 * 1000;
/** How long chunks of a job that nobody waits for any more are kept, and consumers that nobody uses. */
const KEPT = 7 * DAY;

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

/** Where a chunk waits for a worker. */
function chunkSubject(kind: WorkerKind, job: string, chunk: number): string {
  return `papilio.chunks.${kind}.${job}.${chunk}`;
}

/**
 * The queue of chunks, which a NATS server keeps on its disk: each is there until a worker has said that its result was
 * taken, and goes to another worker when the one that had it falls silent.
 */
export class ChunkQueue {
  readonly #manager: JetStreamManager;

  private constructor(manager: JetStreamManager) {
    this.#manager = manager;
  }

  /** @throws PapilioError `NATS_UNREACHABLE` for a server without JetStream */
  static async open(connection: NatsConnection): Promise<ChunkQueue> {
    try {
      const manager = await jetstreamManager(connection);
      await manager.streams.add({
        name: STREAM,
        subjects: ["papilio.chunks.>"],
        retention: RetentionPolicy.Workqueue,
        storage: StorageType.File,
        max_age: nanos(KEPT),
      });
      return new ChunkQueue(manager);
    } catch (cause) {
      throw new PapilioError(
        "NATS_UNREACHABLE",
        `The NATS server keeps no chunks: ${(cause as Error).message}.`,
        "Start it with JetStream: `nats-server -js`.",
        { cause },
      );
    }
  }

  /** Rejects while the server cannot be reached. */
  async put(kind: WorkerKind, job: string, chunk: number, message: Uint8Array): Promise<void> {
    await this.#manager.jetstream().publish(chunkSubject(kind, job, chunk), message);
  }

  /** Which chunks of a job are with workers or wait for one. */
  async waiting(kind: WorkerKind, job: string): Promise<ReadonlySet<number>> {
    const { state } = await this.#manager.streams.info(STREAM, {
      subjects_filter: `papilio.chunks.${kind}.${job}.*`,
    });
    const subjects = Object.keys(state.subjects ?? {});
    return new Set(subjects.map((subject) => Number(subject.split(".").at(-1))));
  }

  /** Takes the chunks of a job away. */
  async clear(kind: WorkerKind, job: string): Promise<void> {
    await this.#manager.streams.purge(STREAM, { filter: `papilio.chunks.${kind}.${job}.*` });
  }

  /**
   * Where a worker gets chunks from, shared by all workers of its kind.
   *
   * @param patience milliseconds after which a chunk goes to another worker, unless the one that has it says
   *   that it is at work
   */
  async consumer(kind: WorkerKind, patience: number): Promise<Consumer> {
    await this.#manager.consumers.add(STREAM, {
      durable_name: kind,
      filter_subject: `papilio.chunks.${kind}.>`,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(patience),
      max_ack_pending: 10_000,
      inactive_threshold: nanos(KEPT),
    });
    return await this.#manager.jetstream().consumers.get(STREAM, kind);
  }
}
