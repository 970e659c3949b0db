import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { format } from "node:util";
import { vi } from "vitest";
import { Interruption } from "../process/interruption.ts";
import { runProgram } from "../program.ts";

/** How Node is called to run the command line from source. */
export const commandLine: readonly string[] = [
  "--conditions=@papilio/source",
  join(import.meta.dirname, "../main.ts"),
];

/** The flags that name the adapter of the tests. */
export const adapterFlags: readonly string[] = ["--adapter", process.env.PAPILIO_ADAPTER ?? "auto"];

/** The flags that have a command compute on it, also where the CPU would be faster. */
export const deviceFlags: readonly string[] = ["--backend", "gpu", ...adapterFlags];

/** What a command leaves behind. */
export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command to its end in this process, which takes a hundredth of the time of a process of its
 * own. Commands share the process's standard streams: run one at a time.
 */
export function papilio(...args: readonly string[]): Promise<Finished> {
  return papilioUntil(new Interruption(), ...args);
}

/** Runs a command in this process until it ends or is interrupted. */
export async function papilioUntil(
  interruption: Interruption,
  ...args: readonly string[]
): Promise<Finished> {
  let stdout = "";
  let stderr = "";
  const spies = [
    vi.spyOn(console, "log").mockImplementation((...parts) => {
      stdout += `${format(...parts)}\n`;
    }),
    vi.spyOn(console, "error").mockImplementation((...parts) => {
      stderr += `${format(...parts)}\n`;
    }),
    vi.spyOn(process.stdout, "write").mockImplementation((...written) => {
      stdout += `${written[0]}`;
      return acknowledge(written);
    }),
    vi.spyOn(process.stderr, "write").mockImplementation((...written) => {
      stderr += `${written[0]}`;
      return acknowledge(written);
    }),
  ];
  const before = process.exitCode;
  process.exitCode = undefined;
  try {
    const status = await runProgram(args, interruption);
    return { status, stdout, stderr };
  } finally {
    process.exitCode = before;
    for (const spy of spies) spy.mockRestore();
  }
}

/** Calls the callback of a stream's `write`, when there is one. */
function acknowledge(written: readonly unknown[]): true {
  const callback = written.at(-1);
  if (typeof callback === "function") queueMicrotask(() => callback());
  return true;
}

/** Runs a command to its end in a process of its own: for what only a process shows. */
export function papilioProcess(...args: readonly string[]): Finished {
  return spawnSync(process.execPath, [...commandLine, ...args], { encoding: "utf8" });
}

/** Runs a command in a process of its own whose stdout is a file. */
export function papilioInto(file: string, ...args: readonly string[]): Finished {
  const stdout = openSync(file, "w");
  try {
    const { status, stderr } = spawnSync(process.execPath, [...commandLine, ...args], {
      encoding: "utf8",
      stdio: ["ignore", stdout, "pipe"],
    });
    return { status, stdout: "", stderr };
  } finally {
    closeSync(stdout);
  }
}

/** Runs a command that must refuse what it is given, and gives the line on stderr that says why. */
export async function refusal(
  ...args: readonly string[]
): Promise<{ readonly status: number | null; readonly line: string; readonly stdout: string }> {
  const { status, stdout, stderr } = await papilio(...args);
  if (status === 0) throw new Error(`papilio ${args.join(" ")} refused nothing`);
  return { status, line: stderr.trimEnd().split("\n").at(-1) ?? "", stdout: stdout.trimEnd() };
}
