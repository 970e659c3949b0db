import { fork } from "node:child_process";
import { type Shown, show } from "./kept.ts";
import { note } from "./print.ts";
import { STOPPED } from "./stopped.ts";

/** Milliseconds that a command has to end by itself: it may be deep in a computation, and hear nothing. */
const PATIENCE = 1350;

/** Milliseconds within which a signal is the first one again: a shell and a package manager both send it. */
const ECHO = 300;

/** What the process of a command says to the one that supervises it. */
export interface Message {
  /** The exit status, where the process may take long to end. */
  readonly status?: number;
  /** What is shown in its place when it is ended; null when it shows that itself. */
  readonly kept?: Shown | null;
  /** Milliseconds that the command has to end by itself, where that is longer than others have. */
  readonly patience?: number;
}

/**
 * Runs the command line in a process of its own, and waits for it. This process does nothing else, so
 * that a signal is always heard: one that computes, or waits for a driver, hears none.
 *
 * The first Ctrl+C or SIGTERM asks the command to end. It is ended when it does not, or at the next signal;
 * what it had kept of its work is then shown here, and also when it crashes.
 * The exit status is the command's, and 1 where it was ended.
 *
 * This module imports nothing that takes time to load: a signal may come at once.
 *
 * @param program the module that runs the command of `process.argv`
 */
export function supervise(program: string): void {
  const child = fork(program, process.argv.slice(2));
  let timer: NodeJS.Timeout | undefined;
  let patience = PATIENCE;
  let asked = Number.POSITIVE_INFINITY;
  const end = (): void => {
    child.kill("SIGKILL");
  };
  const stop = (): void => {
    if (timer === undefined) {
      asked = performance.now();
      timer = setTimeout(end, patience);
      // It may be gone already, or not listen yet.
      if (child.connected) child.send("stop", () => undefined);
    } else if (performance.now() - asked > ECHO) end();
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  let exitStatus: number | undefined;
  let kept: Shown | null = null;
  child.on("message", (message: Message) => {
    exitStatus = message.status ?? exitStatus;
    patience = message.patience ?? patience;
    if (message.kept !== undefined) kept = message.kept;
  });
  child.once("exit", (status, signal) => {
    clearTimeout(timer);
    process.off("SIGINT", stop).off("SIGTERM", stop);
    const finish = (): void => {
      if (status !== null || exitStatus !== undefined) process.exitCode = status ?? exitStatus;
      else if (timer !== undefined) process.exitCode = complain(kept);
      else {
        if (kept !== null) show(kept);
        process.kill(process.pid, signal ?? "SIGKILL");
      }
    };
    // What it said last may still be on its way.
    if (child.connected) child.once("disconnect", finish);
    else finish();
  });
}

/** Says what became of a command that could not. Returns its exit status. */
function complain(kept: Shown | null): number {
  // A bar of progress hides the cursor.
  if (process.stderr.isTTY) process.stderr.write("\u001b[?25h\n");
  if (kept !== null) show(kept);
  else note(`papilio: error ${STOPPED.code}: ${STOPPED.message} Hint: ${STOPPED.fix}`);
  return 1;
}
