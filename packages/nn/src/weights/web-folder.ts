import { untilAborted } from "./load-progress.ts";
import { type Folder, type OpenFile, openBytes, openStream } from "./open-file.ts";
import { quoteNames, weightsError } from "./weights-error.ts";

/** As the global `fetch`, with an address and a signal. */
export type Fetch = (
  url: URL,
  options: { readonly signal: AbortSignal | null },
) => Promise<Response>;

/** How files of the web are asked for. */
export interface WebOptions {
  readonly fetch: Fetch;
  readonly signal: AbortSignal | undefined;
}

/** The files at the address of another, or of a folder: relative to it, whatever its query. */
export class WebFolder implements Folder {
  readonly name: string;
  readonly #base: URL;
  readonly #options: WebOptions;

  constructor(base: URL, options: WebOptions) {
    this.name = base.href;
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
 *   for a web page; the signal's reason
 */
export async function openUrl(url: URL, options: WebOptions): Promise<OpenFile> {
  const file = await tryUrl(url, options);
  if (file !== undefined) return file;
  throw weightsError("HTTP_STATUS", `${describe(url)} is not there: HTTP status 404.`);
}

/** As {@link openUrl}, and nothing where there is no such file. */
async function tryUrl(url: URL, { fetch, signal }: WebOptions): Promise<OpenFile | undefined> {
  let response: Response;
  signal?.throwIfAborted();
  const asked = fetch(url, { signal: signal ?? null });
  try {
    response = await untilAborted(asked, signal);
  } catch (cause) {
    if (signal?.aborted) {
      // A fetch of the caller's may not listen to the signal, and answer all the same.
      asked.then(({ body }) => body?.cancel()).catch(() => undefined);
      throw signal.reason;
    }
    const { message } = cause as Error;
    throw weightsError("HTTP_FAILED", `${describe(url)} cannot be read: ${message}.`, cause);
  }
  const { status, body, headers } = response;
  const refusal =
    status === 404 || !response.ok
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
  return openStream(body, undefined, (cause, after) =>
    signal?.aborted
      ? signal.reason
      : weightsError(
          "FILE_TRUNCATED",
          `The connection to ${describe(url)} broke after ${after} bytes: ${(cause as Error).message}.`,
          cause,
        ),
  );
}

/** Without what may be a password or a token. */
function describe({ protocol, host, pathname }: URL): string {
  return quoteNames([protocol === "data:" ? "data:" : `${protocol}//${host}${pathname}`]);
}
