import {
  AckPolicy,
  type Consumer,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from "@nats-io/jetstream";
import { type MsgHdrs, type NatsConnection, nanos } from "@nats-io/transport-node";
import { PapilioError } from "@papilio/butterfly";

/** How long consumers that nobody uses are kept. */
const UNUSED = 7 * 24 * 60 * 60 * 1000;

/** What a queue is. */
interface WorkQueueOptions {
  /** Of the server's stream. */
  readonly name: string;
  /** What all subjects begin with; the kind of what computes follows. */
  readonly subjects: string;
  /** Milliseconds that work is kept, at most. */
  readonly kept: number;
}

/** Work that a NATS server keeps on its disk, for workers of several kinds: each piece goes to one of its kind. */
export class WorkQueue {
  readonly #manager: JetStreamManager;
  readonly #options: WorkQueueOptions;

  private constructor(manager: JetStreamManager, options: WorkQueueOptions) {
    this.#manager = manager;
    this.#options = options;
  }

  /** @throws PapilioError `NATS_UNREACHABLE` for a server without JetStream */
  static async open(connection: NatsConnection, options: WorkQueueOptions): Promise<WorkQueue> {
    const { name, subjects, kept } = options;
    try {
      const manager = await jetstreamManager(connection);
      await manager.streams.add({
        name,
        subjects: [`${subjects}.>`],
        retention: RetentionPolicy.Workqueue,
        storage: StorageType.File,
        max_age: nanos(kept),
      });
      return new WorkQueue(manager, options);
    } catch (cause) {
      throw new PapilioError(
        "NATS_UNREACHABLE",
        `The NATS server keeps no work: ${(cause as Error).message}.`,
        "Start it with JetStream: `nats-server -js`.",
        { cause },
      );
    }
  }

  /** Rejects while the server cannot be reached. */
  async put(path: readonly string[], message: Uint8Array, headers?: MsgHdrs): Promise<void> {
    const options = headers === undefined ? {} : { headers };
    await this.#manager.jetstream().publish(this.#subject(path), message, options);
  }

  /** Subjects of the work that is with workers or waits for one; `*` stands for any part of a path. */
  async waiting(path: readonly string[]): Promise<readonly string[]> {
    const filter = { subjects_filter: this.#subject(path) };
    const { state } = await this.#manager.streams.info(this.#options.name, filter);
    return Object.keys(state.subjects ?? {});
  }

  /** Takes work away. */
  async clear(path: readonly string[]): Promise<void> {
    await this.#manager.streams.purge(this.#options.name, { filter: this.#subject(path) });
  }

  /**
   * Where a worker gets work from, shared by all workers of its kind.
   *
   * @param patience milliseconds after which work goes to another worker, unless the one that has it says
   *   that it is at work
   */
  async consumer(kind: string, patience: number): Promise<Consumer> {
    const { name, subjects } = this.#options;
    await this.#manager.consumers.add(name, {
      durable_name: kind,
      filter_subject: `${subjects}.${kind}.>`,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(patience),
      max_ack_pending: 10_000,
      inactive_threshold: nanos(UNUSED),
    });
    return await this.#manager.jetstream().consumers.get(name, kind);
  }

  #subject(path: readonly string[]): string {
    return [this.#options.subjects, ...path].join(".");
  }
}
