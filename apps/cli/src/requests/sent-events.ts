import { PapilioError } from "@papilio/butterfly";

/** Errors of a worker, not of the request: another one may come to its end. */
const OF_THE_WORKER: ReadonlySet<unknown> = new Set([
  "gpu_lost",
  "gpu_disposed",
  "generator_disposed",
  "model_disposed",
  "server_draining",
  "request_aborted",
]);

/** What an event says, as far as it matters here. */
interface TextEvent {
  readonly created?: number;
  readonly choices?: readonly {
    readonly index: number;
    readonly text?: string;
    readonly delta?: { readonly content?: string };
    readonly finish_reason?: string | null;
  }[];
  readonly error?: { readonly code?: unknown };
}

/**
 * The events of a stream of texts, as they are sent to a client: each once, though workers that do a request again say
 * all of them again. Texts of one request come in any order, so that those of each are counted by themselves.
 */
export class SentEvents {
  /** What was sent of each text, and what else was. */
  readonly #sent = new Map<string, string[]>();
  /** How many of them were said again by now. */
  #again = new Map<string, number>();
  #created: number | undefined;

  /** A worker begins the request. */
  begin(): void {
    this.#again = new Map();
  }

  /**
   * What is to be sent of an event's data: undefined where it was sent before.
   *
   * @throws PapilioError `ANSWER_DIFFERS` where another worker said something else
   * @throws WorkerFailed for an error of the worker
   */
  take(data: string): string | undefined {
    const event = JSON.parse(data) as TextEvent;
    if (OF_THE_WORKER.has(event.error?.code)) throw new WorkerFailed();
    const [choice] = event.choices ?? [];
    const key = choice === undefined ? "all" : String(choice.index);
    const said =
      choice === undefined
        ? ""
        : JSON.stringify([choice.text ?? choice.delta?.content, choice.finish_reason]);
    const sent = this.#sent.get(key) ?? [];
    this.#sent.set(key, sent);
    const position = this.#again.get(key) ?? 0;
    this.#again.set(key, position + 1);
    const before = sent[position];
    if (before !== undefined && before !== said) throw answerDiffers();
    if (before !== undefined) return undefined;
    sent.push(said);
    this.#created ??= event.created;
    return event.created === this.#created
      ? data
      : JSON.stringify({ ...event, created: this.#created });
  }
}

/** A worker that another one has to do the work of. */
export class WorkerFailed extends Error {}

function answerDiffers(): PapilioError {
  return new PapilioError(
    "ANSWER_DIFFERS",
    "A worker that did a request again came to another text than the one before it.",
    "Use workers on machines of one kind, where texts that are streamed must survive them.",
  );
}
