import { setTimeout as wait } from "node:timers/promises";
import type { Consumer, JsMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { TAKEN } from "./messages.ts";

/** Milliseconds that who asked for a piece of work has to take its result. */
const REPLY = 10_000;
/** Milliseconds after which work is asked for again: the server may have been restarted. */
const ASK = 1000;
/** Milliseconds after which a server that could not be asked is asked again. */
const AGAIN = 500;

interface Working {
  /** Milliseconds after which a message of a silent worker goes to another. */
  readonly patience: number;
  /** Ends the work when the message that is under way is done. */
  readonly signal: AbortSignal;
}

/** Works on messages of a queue, one at a time, until it is stopped, and says meanwhile that it is at work. */
export async function workOnEach(
  consumer: Consumer,
  { patience, signal }: Working,
  work: (message: JsMsg) => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    const message = await nextMessage(consumer);
    if (message === undefined) continue;
    if (signal.aborted) return message.nak();
    const beats = setInterval(() => message.working(), patience / 3);
    try {
      await work(message);
    } finally {
      clearInterval(beats);
    }
  }
}

/** The next message of a queue; undefined where none came in a moment, or the server cannot be reached. */
export async function nextMessage(consumer: Consumer): Promise<JsMsg | undefined> {
  try {
    return (await consumer.next({ expires: ASK })) ?? undefined;
  } catch {
    return await wait(AGAIN, undefined);
  }
}

/** Whether a result is taken: who asked may have stopped, and the server be away. */
export async function isTaken(
  connection: NatsConnection,
  subject: string,
  result: Uint8Array,
): Promise<boolean> {
  return await connection.request(subject, result, { timeout: REPLY }).then(
    (reply) => reply.string() === TAKEN,
    () => false,
  );
}
