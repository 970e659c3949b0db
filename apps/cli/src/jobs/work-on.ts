import type { JsMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { TAKEN } from "./messages.ts";

/** Milliseconds that who asked for a piece of work has to take its result. */
const REPLY = 10_000;

/**
 * Works on a message, and says so meanwhile.
 *
 * @param patience milliseconds after which a message of a silent worker goes to another
 */
export async function workOn<T>(
  message: JsMsg,
  patience: number,
  work: () => Promise<T>,
): Promise<T> {
  const beats = setInterval(() => message.working(), patience / 3);
  try {
    return await work();
  } finally {
    clearInterval(beats);
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
