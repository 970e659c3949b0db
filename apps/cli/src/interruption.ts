import { PapilioError } from "@papilio/butterfly";
import { exitStatus } from "./report-error.ts";

/** Work that does not end by itself after a signal is ended: a driver may not listen. */
const PATIENCE = 1500;

/**
 * A signal that aborts at the first Ctrl+C or SIGTERM; a second one ends the process as usual. What does
 * not end by itself within a second and a half is ended with the exit status of an interruption.
 */
export function interruption(): Disposable & { readonly signal: AbortSignal } {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    process.off("SIGINT", stop).off("SIGTERM", stop);
    const reason = new PapilioError("INTERRUPTED", "The work was stopped.", "Run it again.");
    abort.abort(reason);
    timer = setTimeout(() => process.exit(exitStatus(reason)), PATIENCE);
    timer.unref();
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  return {
    signal: abort.signal,
    [Symbol.dispose]: () => {
      process.off("SIGINT", stop).off("SIGTERM", stop);
      clearTimeout(timer);
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
