import type { Consumer } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { WorkQueue } from "../jobs/work-queue.ts";
import { type RequestHead, withHead } from "./wire.ts";

/** How long a request that no gateway waits for any more is kept, at most. */
const KEPT = 60 * 60 * 1000;

/**
 * The queue of requests, which a NATS server keeps on its disk: each is there until a worker has said that its answer was
 * taken, and goes to another worker when the one that had it falls silent.
 */
export class RequestQueue {
  readonly #queue: WorkQueue;

  private constructor(queue: WorkQueue) {
    this.#queue = queue;
  }

  /** @throws PapilioError `NATS_UNREACHABLE` for a server without JetStream */
  static async open(connection: NatsConnection): Promise<RequestQueue> {
    const given = { name: "PAPILIO_REQUESTS", subjects: "papilio.requests", kept: KEPT };
    return new RequestQueue(await WorkQueue.open(connection, given));
  }

  /** Rejects while the server cannot be reached. */
  async put(kind: string, head: RequestHead, body: Uint8Array): Promise<void> {
    await this.#queue.put([kind, head.id], body, withHead(head));
  }

  /** Whether a request is with a worker, or waits for one. */
  async has(kind: string, id: string): Promise<boolean> {
    return (await this.#queue.waiting([kind, id])).length > 0;
  }

  async remove(kind: string, id: string): Promise<void> {
    await this.#queue.clear([kind, id]);
  }

  /** Where workers of a kind get requests from. */
  async consumer(kind: string, patience: number): Promise<Consumer> {
    return await this.#queue.consumer(kind, patience);
  }
}
