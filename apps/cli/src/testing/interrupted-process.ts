import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { commandLine } from "./command-line.ts";

/** When a command is in the midst of its work. */
export interface Midst {
  /** Bytes for its stdin, which are all but taken then; stdin stays open where `open` says so. */
  readonly stdin?: { readonly bytes: Uint8Array; readonly open: boolean };
  /** What stderr says then. */
  readonly note?: RegExp;
  /** What is among the files that the command has mapped then, on Linux. */
  readonly mapped?: RegExp;
  /** Milliseconds after all of that. */
  readonly delay: number;
  readonly signal?: NodeJS.Signals;
}

/** How a command ended that was sent a signal. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From the signal to the end of the process and of all that writes to its stdout and stderr. */
  readonly seconds: number;
  /** Whether it had ended before the signal. */
  readonly early: boolean;
}

/** Runs a command in a process of its own, and sends it a signal in the midst of its work. */
export async function interruptProcess(args: readonly string[], midst: Midst): Promise<Ended> {
  const child = spawn(process.execPath, [...commandLine, ...args]);
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  const noted = Promise.withResolvers<void>();
  if (midst.note === undefined) noted.resolve();
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    if (midst.note?.test(stderr)) noted.resolve();
  });
  const closed = once(child, "close") as Promise<[status: number | null]>;
  // A command that refuses its input takes none of it.
  child.stdin.on("error", () => undefined);
  const { stdin } = midst;
  const taken = new Promise<void>((resolve) => {
    if (stdin === undefined) return resolve();
    child.stdin.write(stdin.bytes, () => resolve());
    if (!stdin.open) child.stdin.end();
  });
  const mapped = midst.mapped ? mapsOf(child.pid as number, midst.mapped) : undefined;
  await Promise.race([closed, Promise.all([taken, noted.promise, mapped])]);
  await Promise.race([closed, sleep(midst.delay)]);
  const early = child.exitCode !== null;
  const sent = performance.now();
  child.kill(midst.signal ?? "SIGINT");
  const [status] = await closed;
  return { status, stdout, stderr, seconds: (performance.now() - sent) / 1000, early };
}

/** Waits until a process that this one has started has mapped such a file. */
async function mapsOf(pid: number, file: RegExp): Promise<void> {
  for (;;) {
    await sleep(10);
    try {
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
      const maps = children.split(" ").map((child) => readFileSync(`/proc/${child}/maps`, "utf8"));
      if (maps.some((text) => file.test(text))) return;
    } catch {
      // Not started yet, or gone.
      if (!existsSync(`/proc/${pid}`)) return;
    }
  }
}

/** Expects that a command ends in time, with the status that its help names, and leaves nothing. */
export async function expectStopped(
  folder: string,
  args: readonly string[],
  midst: Midst,
): Promise<Ended> {
  const before = readdirSync(folder, { recursive: true }).toSorted();
  const ended = await interruptProcess(args, midst);
  expect(ended.stderr).not.toContain("UNEXPECTED");
  expect(ended, ended.stderr).toMatchObject({ early: false, status: 1 });
  // What the issue of a command that cannot be stopped asks for, counted from a process that works.
  expect(ended.seconds).toBeLessThan(2);
  expect(readdirSync(folder, { recursive: true }).toSorted()).toEqual(before);
  return ended;
}
