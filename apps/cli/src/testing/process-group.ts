import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { commandLine } from "./command-line.ts";

/** Starts the command line in a group of processes of its own: the one that computes is a child. */
export function startGroup(args: readonly string[], stdio: StdioOptions = "ignore"): ChildProcess {
  return spawn(process.execPath, [...commandLine, ...args], { detached: true, stdio });
}

export function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Sends a signal to all processes of a group. */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (!hasEnded(child)) process.kill(-(child.pid as number), signal);
}
