import { SentEvents, WorkerFailed } from "./sent-events.ts";

/** The first part of an answer. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** What becomes of an attempt: its answer was taken, it is to be done again, or nobody wants it. */
export type Verdict = "taken" | "again" | "gone";

/** The last event of a stream. */
const DONE = "[DONE]";

/** A worker's work on a request. */
interface Attempt {
  readonly number: number;
  /** Number of the next part. */
  next: number;
  head: AnswerHead | undefined;
  readonly parts: Uint8Array<ArrayBuffer>[];
  readonly decoder: TextDecoder;
  /** An event that is not whole yet. */
  rest: string;
  /** Whether parts are missing, or the worker could not go on. */
  failed: boolean;
}

/**
 * The answer to a request, of parts that workers send. The last worker that has begun counts; where one had begun to
 * stream texts, the next goes on behind what was sent. Answers that are no streams are whole, or not there.
 */
export class ForwardedAnswer {
  readonly response: Promise<Response>;
  /** Resolves when nothing is wanted of workers any more: whether one of them came to the end. */
  readonly over: Promise<boolean>;
  readonly #response = Promise.withResolvers<Response>();
  readonly #over = Promise.withResolvers<boolean>();
  readonly #events = new SentEvents();
  readonly #encoder = new TextEncoder();
  #attempt: Attempt | undefined;
  #stream: ReadableStreamDefaultController<Uint8Array> | undefined;
  #isOver = false;

  constructor() {
    this.response = this.#response.promise;
    this.over = this.#over.promise;
    this.response.catch(() => undefined);
  }

  /** A worker begins, which counts from now on: its number, or undefined where nobody waits for it. */
  begin(): number | undefined {
    if (this.#isOver) return undefined;
    this.#events.begin();
    this.#attempt = {
      number: (this.#attempt?.number ?? 0) + 1,
      next: 0,
      head: undefined,
      parts: [],
      decoder: new TextDecoder(),
      rest: "",
      failed: false,
    };
    return this.#attempt.number;
  }

  /** Whether the worker with this number is to go on. */
  wants(number: number): boolean {
    return !this.#isOver && this.#attempt?.number === number;
  }

  /** Takes a part: the head is the first. */
  part(number: number, sequence: number, given: AnswerHead | Uint8Array): void {
    const attempt = this.#attempt;
    if (attempt === undefined || !this.wants(number) || attempt.failed) return;
    attempt.failed = sequence !== attempt.next++;
    if (attempt.failed) return;
    if (!(given instanceof Uint8Array)) attempt.head = given;
    else if (isStream(attempt.head)) this.#pass(attempt, attempt.head, given);
    else attempt.parts.push(Uint8Array.from(given));
  }

  /** The worker has sent all parts, so many. */
  end(number: number, parts: number): Verdict {
    const attempt = this.#attempt;
    if (attempt === undefined || !this.wants(number)) return "gone";
    const { head, failed, next } = attempt;
    if (failed || head === undefined || next !== parts) return "again";
    if (this.#stream !== undefined) {
      this.#stream.enqueue(this.#encoder.encode(`data: ${DONE}\n\n`));
      this.#stream.close();
    } else this.#response.resolve(new Response(new Blob(attempt.parts), head));
    this.#end(true);
    return "taken";
  }

  /** Nobody waits for it, or it cannot be done. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#response.reject(error);
    this.#stream?.error(error);
    this.#end(false);
  }

  #end(taken: boolean): void {
    this.#isOver = true;
    this.#over.resolve(taken);
  }

  /** Sends what is new of a part of a stream. */
  #pass(attempt: Attempt, head: AnswerHead, bytes: Uint8Array): void {
    const events = (attempt.rest + attempt.decoder.decode(bytes, { stream: true })).split("\n\n");
    attempt.rest = events.pop() ?? "";
    try {
      for (const event of events) {
        const said = event.replace(/^data: ?/, "");
        // Sent when nothing can go wrong any more: clients leave when they have it.
        const data = said === DONE ? undefined : this.#events.take(said);
        if (data === undefined) continue;
        this.#open(head).enqueue(this.#encoder.encode(`data: ${data}\n\n`));
      }
    } catch (error) {
      if (error instanceof WorkerFailed || error instanceof SyntaxError) attempt.failed = true;
      else this.fail(error);
    }
  }

  #open(head: AnswerHead): ReadableStreamDefaultController<Uint8Array> {
    if (this.#stream !== undefined) return this.#stream;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#stream = controller;
      },
      cancel: () => this.fail(new Error("The client went away.")),
    });
    this.#response.resolve(new Response(body, head));
    return this.#stream as unknown as ReadableStreamDefaultController<Uint8Array>;
  }
}

function isStream(head: AnswerHead | undefined): head is AnswerHead {
  return head?.headers["content-type"]?.startsWith("text/event-stream") ?? false;
}
