import { PapilioError } from "@papilio/butterfly";

/** A signal that aborts at the first Ctrl+C or SIGTERM; a second one ends the process as usual. */
export function interruption(): Disposable & { readonly signal: AbortSignal } {
  const abort = new AbortController();
  const stop = (): void =>
    abort.abort(new PapilioError("INTERRUPTED", "The work was stopped.", "Run it again."));
  process.once("SIGINT", stop).once("SIGTERM", stop);
  return {
    signal: abort.signal,
    [Symbol.dispose]: () => {
      process.off("SIGINT", stop).off("SIGTERM", stop);
    },
  };
}

const closed = new AbortController();
let watched = false;

/** Aborts when nobody reads stdout any more, as behind `head`: no error of ours. */
export function stdoutClosed(): AbortSignal {
  if (!watched) process.stdout.on("error", () => closed.abort());
  watched = true;
  return closed.signal;
}
