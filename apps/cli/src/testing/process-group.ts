import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { commandLine } from "./command-line.ts";

/** Starts the command line in a group of processes of its own: the one that computes is a child. */
export function startGroup(args: readonly string[], stdio: StdioOptions = "ignore"): ChildProcess {
  return spawn(process.execPath, [...commandLine, ...args], { detached: true, stdio });
}

/**
 * Starts the command line as a service, and waits until it says what matches; what it says later is not kept.
 *
 * @returns its processes, and what matched
 */
export async function startService(
  args: readonly string[],
  serving: RegExp,
): Promise<{ readonly group: ChildProcess; readonly said: string }> {
  const group = startGroup(args, ["ignore", "ignore", "pipe"]);
  const stderr = group.stderr as NodeJS.ReadableStream;
  let all = "";
  for await (const line of createInterface({ input: stderr })) {
    all += `${line}\n`;
    const [said] = serving.exec(line) ?? [];
    if (said === undefined) continue;
    stderr.resume();
    return { group, said };
  }
  throw new Error(`${args[0]} ended before it served: ${all}`);
}

/** Starts `papilio worker`, and waits until it takes work. */
export async function startWorker(...args: readonly string[]): Promise<ChildProcess> {
  return (await startService(["worker", ...args], / takes /)).group;
}

export function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Sends a signal to all processes of a group. */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (!hasEnded(child)) process.kill(-(child.pid as number), signal);
}
