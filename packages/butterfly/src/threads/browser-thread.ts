import type { Thread, ThreadEvents, ThreadProgram } from "./thread.ts";

/** Programs whose file did not load here: their text is taken at once from then on. */
const withoutFile = new Set<string>();

/**
 * A worker of a page. It is started from its file, which bundlers find; where the file does not load, from
 * the text that the package holds. That is the case on development servers that bundle packages without
 * their workers (Vite up to 7), with bundlers that know no workers (esbuild), and on other origins (CDNs).
 */
export class BrowserThread<Request, Response> implements Thread<Request> {
  readonly #program: ThreadProgram;
  readonly #events: ThreadEvents<Response>;
  #worker: Worker | undefined;
  /** What was posted before the worker responded: it is posted again to the worker that replaces one which did not load. */
  #pending: Request[] | undefined = [];
  #isTerminated = false;

  constructor(program: ThreadProgram, events: ThreadEvents<Response>) {
    this.#program = program;
    this.#events = events;
    if (withoutFile.has(program.name)) void this.#openInlined("");
    else this.#openFile();
  }

  post(request: Request): void {
    this.#pending?.push(request);
    this.#worker?.postMessage(request);
  }

  /** A page lives without regard to its workers. */
  keepAlive(): void {}

  terminate(): void {
    this.#isTerminated = true;
    this.#worker?.terminate();
  }

  #openFile(): void {
    const replace = (reason: string): void => {
      withoutFile.add(this.#program.name);
      void this.#openInlined(reason);
    };
    try {
      this.#use(this.#program.openInBrowser(), replace);
    } catch (error) {
      // A file of another origin, or a page that forbids workers.
      replace(String(error));
    }
  }

  async #openInlined(cause: string): Promise<void> {
    const { onFailure } = this.#events;
    const fail = (reason: string): void => onFailure([cause, reason].filter(Boolean).join(" "));
    this.#worker?.terminate();
    this.#worker = undefined;
    try {
      const { source } = await this.#program.inlined();
      if (this.#isTerminated) return;
      // Sources that were not built have none.
      if (source === "") throw new Error("It could not be loaded.");
      const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
      this.#use(new Worker(url, { type: "module" }), fail, () => URL.revokeObjectURL(url));
    } catch (error) {
      if (!this.#isTerminated) fail(String((error as Error).message ?? error));
    }
  }

  /** @param onUnloaded called instead of `onFailure` when it fails before its first response */
  #use(worker: Worker, onUnloaded: (reason: string) => void, onFirstResponse?: () => void): void {
    const { onResponse, onFailure } = this.#events;
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<Response>) => {
      if (this.#pending !== undefined) {
        this.#pending = undefined;
        onFirstResponse?.();
      }
      onResponse(data);
    };
    worker.onerror = (event) => {
      const reason = event.message || "It could not be loaded.";
      if (this.#pending === undefined) onFailure(reason);
      else {
        // The failure is handled here: the page's own listeners need not see it.
        event.preventDefault();
        onUnloaded(reason);
      }
    };
    worker.onmessageerror = () => onFailure("A message could not be read.");
    for (const request of this.#pending ?? []) worker.postMessage(request);
  }
}
