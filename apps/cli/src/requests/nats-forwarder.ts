import { randomUUID } from "node:crypto";
import type { Msg, NatsConnection, Subscription } from "@nats-io/transport-node";
import { PapilioError } from "@papilio/butterfly";
import type { ForwardedRequest, Forwarder, ModelHealth } from "@papilio/server";
import { PRESENCE } from "../jobs/messages.ts";
import { ForwardedAnswer } from "./forwarded-answer.ts";
import { ModelDirectory } from "./model-directory.ts";
import { RequestQueue } from "./request-queue.ts";
import {
  answerSubject,
  cancelSubject,
  headOf,
  modelSubject,
  type PartHead,
  type RequestHead,
} from "./wire.ts";

/** A request that a client waits for. */
interface Pending {
  readonly kind: string;
  readonly head: RequestHead;
  readonly body: Uint8Array;
  readonly answer: ForwardedAnswer;
  /** How often a worker began it. */
  begun: number;
  /** When something was heard of it, or it was looked for. */
  heard: number;
}

/** Workers that may begin a request: those that die of it, too. */
const MOST_WORKERS = 10;
/** Milliseconds without a word after which it is asked whether the queue has lost a request. */
const SILENCE = 15_000;
/** Milliseconds before a request that the server did not take is handed to it again. */
const AGAIN = 250;
/** Bytes of a message where a server does not say. */
const PAYLOAD = 2 ** 20;
/** Bytes of a message that are not the body. */
const HEADER_BYTES = 8192;

/** Brings requests to workers over NATS, each by a queue of those of its model. */
export class NatsForwarder implements Forwarder, Disposable {
  readonly #connection: NatsConnection;
  readonly #queue: RequestQueue;
  readonly #id = randomUUID();
  readonly #directory = new ModelDirectory();
  readonly #pending = new Map<string, Pending>();
  readonly #subscriptions: readonly Subscription[];
  /** Of a body, as the server takes no larger messages. */
  readonly #mostBytes: number;
  readonly #timer: ReturnType<typeof setInterval>;

  private constructor(connection: NatsConnection, queue: RequestQueue) {
    this.#connection = connection;
    this.#queue = queue;
    // Nothing is known of a server that is away.
    this.#mostBytes = (connection.info?.max_payload ?? PAYLOAD) - HEADER_BYTES;
    this.#subscriptions = [
      connection.subscribe(modelSubject("*"), {
        callback: (error, message) => {
          if (error === null) this.#directory.hear(message.subject.split(".").at(-1), message);
        },
      }),
      connection.subscribe(answerSubject(this.#id, "*"), {
        callback: (error, message) => {
          if (error === null) this.#receive(message);
        },
      }),
    ];
    this.#timer = setInterval(() => void this.#lookFor(), PRESENCE);
  }

  /** @throws PapilioError `NATS_UNREACHABLE` for a server without JetStream */
  static async open(connection: NatsConnection): Promise<NatsForwarder> {
    return new NatsForwarder(connection, await RequestQueue.open(connection));
  }

  models(): readonly ModelHealth[] {
    const connected = !this.#connection.isClosed();
    return this.#directory.models().map(({ name, ready }) => ({ name, ready: ready && connected }));
  }

  async forward(request: ForwardedRequest, signal: AbortSignal): Promise<Response> {
    const { model, method, path, body } = request;
    const kind = this.#directory.kindOf(model);
    if (kind === undefined) throw noWorker(model);
    requireSize(body, this.#mostBytes);
    const id = randomUUID();
    const headers = { ...request.headers, "x-request-id": request.id };
    const reply = answerSubject(this.#id, id);
    const head = { id, reply, method, path, headers };
    const answer = new ForwardedAnswer();
    const pending = { kind, head, body, answer, begun: 0, heard: performance.now() };
    const stop = (): void => answer.fail(signal.reason);
    this.#pending.set(id, pending);
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    void answer.over.then((taken) => {
      signal.removeEventListener("abort", stop);
      this.#pending.delete(id);
      if (!taken) this.#cancel(pending);
    });
    void this.#put(pending);
    return await answer.response;
  }

  /** Ends all requests. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    for (const { answer } of this.#pending.values()) answer.fail(new Error("The gateway ends."));
  }

  /** Puts a request into the queue, as soon as the server can be reached. */
  async #put(pending: Pending): Promise<void> {
    const { kind, head, body } = pending;
    while (this.#pending.has(head.id) && !this.#connection.isClosed()) {
      try {
        await this.#queue.put(kind, head, body);
        // It was ended meanwhile.
        if (!this.#pending.has(head.id)) await this.#queue.remove(kind, head.id);
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, AGAIN));
      }
    }
  }

  #cancel({ kind, head: { id } }: Pending): void {
    if (this.#connection.isClosed()) return;
    this.#connection.publish(cancelSubject(kind, id));
    void this.#queue.remove(kind, id).catch(() => undefined);
  }

  /** Puts requests that the queue has lost into it again. */
  async #lookFor(): Promise<void> {
    const now = performance.now();
    for (const pending of this.#pending.values()) {
      const { kind, head, heard } = pending;
      if (now - heard < SILENCE) continue;
      pending.heard = now;
      const there = await this.#queue.has(kind, head.id).catch(() => true);
      if (!there && this.#pending.has(head.id)) void this.#put(pending);
    }
  }

  #receive(message: Msg): void {
    const pending = this.#pending.get(message.subject.split(".").at(-1) ?? "");
    let said: string;
    try {
      said = pending === undefined ? "gone" : this.#take(pending, message);
    } catch {
      // It is from another program, or damaged: what is missing is found at the end.
      said = "gone";
    }
    if (message.reply !== undefined && message.reply !== "") message.respond(said);
  }

  /** What a worker is told. */
  #take(pending: Pending, message: Msg): string {
    const head = headOf<PartHead>(message);
    const { answer } = pending;
    pending.heard = performance.now();
    switch (head.part) {
      case "begin":
        if (++pending.begun > MOST_WORKERS) answer.fail(workersFailed());
        return String(answer.begin() ?? "gone");
      case "beat":
        return answer.wants(head.attempt) ? "go" : "gone";
      case "head":
        answer.part(head.attempt, head.sequence, head.head);
        return "go";
      case "body":
        answer.part(head.attempt, head.sequence, message.data);
        return "go";
      case "end":
        return answer.end(head.attempt, head.parts);
    }
  }
}

function requireSize(body: Uint8Array, most: number): void {
  if (body.length <= most) return;
  throw new PapilioError(
    "REQUEST_TOO_LARGE",
    `The body has ${body.length} bytes, and the NATS server takes messages of ${most}.`,
    "Send less at once, or let the server take more: `max_payload: 8MB` in its configuration.",
  );
}

function noWorker(model: string): PapilioError {
  return new PapilioError(
    "NO_WORKER",
    `No worker has the model ${model} now.`,
    "Try again when one is there.",
  );
}

function workersFailed(): PapilioError {
  return new PapilioError(
    "WORKERS_FAILED",
    `${MOST_WORKERS} workers began the request, and none came to its end.`,
    "Look for the reason in the logs of the workers.",
  );
}
