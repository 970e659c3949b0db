import { headers, type MsgHdrs } from "@nats-io/transport-node";
import type { AnswerHead } from "./forwarded-answer.ts";

/*
 * Messages between gateways and workers are bodies as they are, with what else there is as JSON in a header.
 */

/** The header of all messages. */
const HEADER = "Papilio";

/** What a worker is given of a request, beside its body. */
export interface RequestHead {
  /** Of this request alone. */
  readonly id: string;
  /** Where parts of the answer go. */
  readonly reply: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a worker sends, beside bytes of the body. */
export type PartHead = { readonly part: "begin" } | ({ readonly attempt: number } & AttemptPart);

/** What a worker sends of an attempt that its gateway has given a number. */
export type AttemptPart =
  | { readonly part: "beat" }
  | { readonly part: "head"; readonly sequence: number; readonly head: AnswerHead }
  | { readonly part: "body"; readonly sequence: number }
  | { readonly part: "end"; readonly parts: number };

/** Where parts of answers go: one address of each gateway. */
export function answerSubject(gateway: string, id: string): string {
  return `papilio.answers.${gateway}.${id}`;
}

/** Where workers say what their model is called, again and again. */
export function modelSubject(kind: string): string {
  return `papilio.models.${kind}`;
}

/** Where workers hear that nobody waits for an answer any more. */
export function cancelSubject(kind: string, id: string): string {
  return `papilio.cancelled.${kind}.${id}`;
}

export function withHead(head: RequestHead | PartHead): MsgHdrs {
  const all = headers();
  all.set(HEADER, JSON.stringify(head));
  return all;
}

/** Throws where a message is from another program. */
export function headOf<T extends RequestHead | PartHead>(message: {
  readonly headers?: MsgHdrs | undefined;
}): T {
  return JSON.parse(message.headers?.get(HEADER) ?? "") as T;
}
