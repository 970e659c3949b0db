import { untilAborted } from "./load-progress.ts";
import { type Folder, type OpenFile, openBytes, openStream } from "./open-file.ts";
import { decoded, secretsOf, withoutSecrets, withoutSecretsOf } from "./secrets.ts";
import { quoteNames, weightsError } from "./weights-error.ts";

/** As the global `fetch`, with an address without a password, a signal and headers. */
export type Fetch = (
  url: URL,
  options: {
    readonly signal: AbortSignal | null;
    /** `authorization`, where the address came with a name and a password. */
    readonly headers: Record<string, string>;
  },
) => Promise<Response>;

/** How files of the web are asked for. */
export interface WebOptions {
  readonly fetch: Fetch;
  readonly signal: AbortSignal | undefined;
  /** Most milliseconds without progress. */
  readonly timeout: number;
}

/** The files at the address of another, or of a folder: relative to it, whatever its query. */
export class WebFolder implements Folder {
  readonly name: string;
  readonly #base: URL;
  readonly #options: WebOptions;

  constructor(base: URL, options: WebOptions) {
    this.name = withoutSecrets(base);
    this.#base = base;
    this.#options = options;
  }

  open(file: string): Promise<OpenFile | undefined> {
    return tryUrl(new URL(encodeURIComponent(file), this.#base), this.#options);
  }
}

/**
 * Opens a file at an address.
 *
 * @throws PapilioError `HTTP_FAILED` without an answer, `HTTP_STATUS` with the wrong one, `HTTP_CONTENT`
 *   for a web page, `HTTP_TIMEOUT` where nothing comes for too long; the signal's reason
 */
export async function openUrl(url: URL, options: WebOptions): Promise<OpenFile> {
  const file = await tryUrl(url, options);
  if (file !== undefined) return file;
  throw weightsError("HTTP_STATUS", `${describe(url)} is not there: HTTP status 404.`);
}

/** As {@link openUrl}, and nothing where there is no such file. */
async function tryUrl(
  url: URL,
  { fetch, signal: asked, timeout }: WebOptions,
): Promise<OpenFile | undefined> {
  let response: Response;
  asked?.throwIfAborted();
  const stalled = new Stall(timeout, describe(url));
  const signal = asked === undefined ? stalled.signal : AbortSignal.any([asked, stalled.signal]);
  const answered = fetch(...requestOf(url, signal));
  try {
    response = await untilAborted(answered, signal);
  } catch (cause) {
    if (signal.aborted) {
      // A fetch of the caller's may not listen to the signal, and answer all the same.
      answered.then(({ body }) => body?.cancel()).catch(() => undefined);
      throw signal.reason;
    }
    const safe = withoutSecretsOf(secretsOf(url), cause);
    throw weightsError("HTTP_FAILED", `${describe(url)} cannot be read: ${safe.message}.`, safe);
  } finally {
    stalled.stop();
  }
  const { status, body, headers } = response;
  const refusal = isElsewhere(url, response)
    ? weightsError(
        "HTTP_FAILED",
        `${describe(url)} leads to what is not an address of the web, or a less safe one.`,
      )
    : // A part of a file (206) was not asked for.
      !response.ok || status === 206
      ? weightsError("HTTP_STATUS", `${describe(url)} cannot be read: HTTP status ${status}.`)
      : /^text\/html\b/i.test(headers.get("content-type") ?? "")
        ? weightsError("HTTP_CONTENT", `${describe(url)} is a web page, not a file of weights.`)
        : undefined;
  if (refusal !== undefined) {
    // The connection goes back at once, not when the answer is collected.
    await body?.cancel().catch(() => undefined);
    if (status === 404) return undefined;
    throw refusal;
  }
  if (body === null) return openBytes(new Uint8Array(0));
  // The length that is announced may be that of compressed bytes: how many come is known at the end.
  return openStream(watched(body, stalled, signal), undefined, (cause, after) => {
    if (signal.aborted) return signal.reason;
    const safe = withoutSecretsOf(secretsOf(url), cause);
    return weightsError(
      "FILE_TRUNCATED",
      `The connection to ${describe(url)} broke after ${after} bytes: ${safe.message}.`,
      safe,
    );
  });
}

/** Ends what makes no progress. */
class Stall {
  readonly #abort = new AbortController();
  readonly #milliseconds: number;
  readonly #what: string;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(milliseconds: number, what: string) {
    this.#milliseconds = milliseconds;
    this.#what = what;
    this.start();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  start(): void {
    if (!Number.isFinite(this.#milliseconds)) return;
    const reason = weightsError(
      "HTTP_TIMEOUT",
      `${this.#what} made no progress for ${this.#milliseconds / 1000} s.`,
    );
    this.#timer = setTimeout(() => this.#abort.abort(reason), this.#milliseconds);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

/** The body, of which each piece must come in time. */
function watched(
  body: ReadableStream<Uint8Array>,
  stalled: Stall,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        stalled.start();
        try {
          const { value, done } = await untilAborted(reader.read(), signal);
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          reader.cancel(error).catch(() => undefined);
          throw error;
        } finally {
          stalled.stop();
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/**
 * An address without its name and password, which `fetch` refuses, and the header that they are. Where the
 * server leads elsewhere, `fetch` leaves the header out.
 */
function requestOf(url: URL, signal: AbortSignal): Parameters<Fetch> {
  const plain = new URL(url);
  const { username, password } = plain;
  [plain.username, plain.password] = ["", ""];
  if (username === "" && password === "") return [plain, { signal, headers: {} }];
  const text = `${decoded(username)}:${decoded(password)}`;
  const bytes = new TextEncoder().encode(text);
  const authorization = `Basic ${btoa(String.fromCharCode(...bytes))}`;
  return [plain, { signal, headers: { authorization } }];
}

/** Whether redirections led from the web to another place, or from an encrypted address to another. */
function isElsewhere({ protocol }: URL, { url }: Response): boolean {
  if (url === "" || !/^https?:$/.test(protocol)) return false;
  return !(protocol === "https:" ? /^https:/i : /^https?:/i).test(url);
}

/** Without what may be a password or a token. */
function describe(url: URL): string {
  return quoteNames([withoutSecrets(url)]);
}
