import { setTimeout as wait } from "node:timers/promises";
import type { Consumer, JsMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import type { ModelServer } from "@papilio/server";
import { PRESENCE } from "../jobs/messages.ts";
import { nextMessage } from "../jobs/work-on-each.ts";
import {
  type AttemptPart,
  cancelSubject,
  headOf,
  modelSubject,
  type PartHead,
  type RequestHead,
  withHead,
} from "./wire.ts";

export interface AnswerOptions {
  readonly kind: string;
  /** What requests call the model, alone and with adapters. */
  readonly names: readonly string[];
  /** Milliseconds after which a request of a silent worker goes to another. */
  readonly patience: number;
  /** Requests that are answered at once, at most. */
  readonly most: number;
  /** Takes no more requests when it aborts. */
  readonly signal: AbortSignal;
  /** Milliseconds that those under way have then. */
  readonly drain: number;
}

/** Milliseconds that a gateway has to reply. */
const REPLY = 5000;
/** Milliseconds before what was not possible is tried again. */
const AGAIN = 500;
/** Words without a reply after which a gateway counts as gone. */
const SILENT = 3;
/** Deliveries of a request whose gateway is not there, at most. */
const DELIVERIES = 20;
/** Bytes of a part of an answer, at most: all servers take such messages, unless they are set to less. */
const PART_BYTES = 2 ** 18;

/** Headers that are of a connection, or set by the gateway. */
const OF_CONNECTION = new Set(["connection", "transfer-encoding", "x-request-id"]);

/**
 * Answers requests that gateways put into the queue, as many at once as the model computes together, until it is stopped.
 * A request leaves the queue when its gateway has taken the whole answer. Gives the number of those.
 */
export async function answerRequests(
  connection: NatsConnection,
  consumer: Consumer,
  server: Pick<ModelServer, "fetch" | "ready">,
  options: AnswerOptions,
): Promise<number> {
  await using worker = new RequestWorker(connection, consumer, server, options);
  return await worker.run();
}

class RequestWorker implements AsyncDisposable {
  readonly #connection: NatsConnection;
  readonly #consumer: Consumer;
  readonly #server: Pick<ModelServer, "fetch" | "ready">;
  readonly #options: AnswerOptions;
  /** Requests under way. */
  readonly #under = new Map<string, AbortController>();
  readonly #work = new Set<Promise<void>>();
  readonly #release: (() => void)[] = [];
  #answered = 0;

  constructor(
    connection: NatsConnection,
    consumer: Consumer,
    server: Pick<ModelServer, "fetch" | "ready">,
    options: AnswerOptions,
  ) {
    this.#connection = connection;
    this.#consumer = consumer;
    this.#server = server;
    this.#options = options;
  }

  async run(): Promise<number> {
    const { kind, names, most, signal } = this.#options;
    const cancelled = this.#connection.subscribe(cancelSubject(kind, "*"), {
      callback: (error, { subject }) => {
        if (error === null) this.#under.get(subject.split(".").at(-1) ?? "")?.abort();
      },
    });
    const say = (): void => {
      if (this.#server.ready && !signal.aborted && !this.#connection.isClosed()) {
        for (const name of names) this.#connection.publish(modelSubject(kind), name);
      }
    };
    say();
    const presence = setInterval(say, PRESENCE);
    this.#release.push(
      () => cancelled.unsubscribe(),
      () => clearInterval(presence),
    );
    const stopped = new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    while (!signal.aborted) {
      if (this.#work.size >= most) await Promise.race([...this.#work, stopped]);
      else if (!this.#server.ready) await Promise.race([wait(AGAIN), stopped]);
      else await this.#next();
    }
    return this.#answered;
  }

  /**
   * Waits for those under way, and ends them when that takes too long: others do them again. Who does not end then waits
   * for a gateway, which may be gone.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    const late = Promise.withResolvers<void>();
    const { drain } = this.#options;
    const timers = [
      setTimeout(() => {
        for (const request of this.#under.values()) request.abort();
      }, drain),
      setTimeout(() => late.resolve(), drain + AGAIN),
    ];
    await Promise.race([Promise.all(this.#work), late.promise]);
    for (const timer of timers) clearTimeout(timer);
    for (const release of this.#release) release();
  }

  /** Takes a request, if one comes in a moment, and begins it. */
  async #next(): Promise<void> {
    const message = await nextMessage(this.#consumer);
    if (message === undefined) return;
    if (this.#options.signal.aborted) return message.nak();
    const work = this.#answer(message)
      // A request that was not answered goes to another, at once where the connection is not closed.
      .catch(() => {
        if (!this.#connection.isClosed()) message.nak(AGAIN);
      })
      .finally(() => this.#work.delete(work));
    this.#work.add(work);
  }

  async #answer(message: JsMsg): Promise<void> {
    let head: RequestHead;
    try {
      head = headOf<RequestHead>(message);
    } catch {
      // It is no request of a gateway.
      return message.ack();
    }
    const { deliveryCount } = message.info;
    const begun = await ask(this.#connection, head.reply, { part: "begin" });
    if (begun === undefined && deliveryCount < DELIVERIES) return message.nak(AGAIN);
    // Not terminated: NATS 2.9 keeps what is so in the queue.
    if (begun === undefined || begun === "gone") return message.ack();
    const gateway = new GatewayLine(this.#connection, head.reply, Number(begun));
    const abort = new AbortController();
    this.#under.set(head.id, abort);
    let silent = 0;
    const beats = setInterval(async () => {
      message.working();
      const said = await gateway.ask({ part: "beat" });
      silent = said === undefined ? silent + 1 : 0;
      if (said === "gone" || silent >= SILENT) abort.abort();
    }, this.#options.patience / 3);
    try {
      const said = await this.#send(gateway, head, message.data, abort.signal);
      if (said === "taken") this.#answered++;
      if (said === "taken" || said === "gone") message.ack();
      else message.nak(AGAIN);
    } finally {
      clearInterval(beats);
      this.#under.delete(head.id);
    }
  }

  /** Computes an answer, and sends it in parts; what the gateway says to it. */
  async #send(
    gateway: GatewayLine,
    { path, method, headers }: RequestHead,
    data: Uint8Array,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const body = method === "GET" ? {} : { body: Uint8Array.from(data) };
    const response = await this.#server.fetch(
      new Request(`http://worker${path}`, { method, headers, signal, ...body }),
    );
    const { status } = response;
    // A device that was lost, or a worker that ends.
    if (status === 503 || status === 499) return undefined;
    const kept = [...response.headers].filter(([name]) => !OF_CONNECTION.has(name));
    gateway.say({ part: "head", sequence: 0, head: { status, headers: Object.fromEntries(kept) } });
    let parts = 1;
    for await (const bytes of response.body ?? []) {
      for (let from = 0; from < bytes.length; from += PART_BYTES) {
        gateway.say({ part: "body", sequence: parts++ }, bytes.subarray(from, from + PART_BYTES));
      }
    }
    for (let tries = 0; tries < SILENT; tries++) {
      const said = await gateway.ask({ part: "end", parts });
      if (said !== undefined) return said;
      await wait(AGAIN);
    }
    return undefined;
  }
}

/** What a worker says to the gateway of a request. */
class GatewayLine {
  readonly #connection: NatsConnection;
  readonly #subject: string;
  readonly #attempt: number;

  constructor(connection: NatsConnection, subject: string, attempt: number) {
    this.#connection = connection;
    this.#subject = subject;
    this.#attempt = attempt;
  }

  say(part: AttemptPart, data?: Uint8Array): void {
    const headers = withHead({ ...part, attempt: this.#attempt });
    this.#connection.publish(this.#subject, data, { headers });
  }

  ask(part: AttemptPart): Promise<string | undefined> {
    return ask(this.#connection, this.#subject, { ...part, attempt: this.#attempt });
  }
}

/** The reply to a part; undefined where none came. */
async function ask(
  connection: NatsConnection,
  subject: string,
  part: PartHead,
): Promise<string | undefined> {
  const options = { timeout: REPLY, headers: withHead(part) };
  return await connection.request(subject, undefined, options).then(
    (reply) => reply.string(),
    () => undefined,
  );
}
