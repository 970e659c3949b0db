import { fork } from "node:child_process";
import { STOPPED } from "./stopped.ts";

/** Milliseconds that a command has to end by itself: it may be deep in a computation, and hear nothing. */
const PATIENCE = 1350;

/** Milliseconds within which a signal is the first one again: a shell and a package manager both send it. */
const ECHO = 300;

/**
 * Runs the command line in a process of its own, and waits for it. This process does nothing else, so
 * that a signal is always heard: one that computes, or waits for a driver, hears none.
 *
 * The first Ctrl+C or SIGTERM asks the command to end. It is ended when it does not, or at the next signal.
 * The exit status is the command's, and 1 where it was ended.
 *
 * This module imports nothing that takes time to load: a signal may come at once.
 *
 * @param program the module that runs the command of `process.argv`
 */
export function supervise(program: string): void {
  const child = fork(program, process.argv.slice(2));
  let timer: NodeJS.Timeout | undefined;
  let asked = Number.POSITIVE_INFINITY;
  const end = (): void => {
    child.kill("SIGKILL");
  };
  const stop = (): void => {
    if (timer === undefined) {
      asked = performance.now();
      timer = setTimeout(end, PATIENCE);
      // It may be gone already, or not listen yet.
      if (child.connected) child.send("stop", () => undefined);
    } else if (performance.now() - asked > ECHO) end();
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  let exitStatus: number | undefined;
  child.once("message", (status) => {
    exitStatus = Number(status);
  });
  child.once("exit", (status, signal) => {
    clearTimeout(timer);
    process.off("SIGINT", stop).off("SIGTERM", stop);
    if (status === null && timer === undefined) process.kill(process.pid, signal ?? "SIGKILL");
    else process.exitCode = status ?? exitStatus ?? complain();
  });
}

/** Says what became of a command that could not. Returns its exit status. */
function complain(): number {
  const { code, message, fix } = STOPPED;
  // A bar of progress hides the cursor.
  if (process.stderr.isTTY) process.stderr.write("\u001b[?25h\n");
  process.stderr.write(`papilio: error ${code}: ${message} Hint: ${fix}\n`);
  return 1;
}
