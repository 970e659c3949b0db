import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { vi } from "vitest";
import { createProgram } from "../program.ts";
import { exitStatus } from "../report-error.ts";

/** How Node is called to run the command line from source. */
export const commandLine: readonly string[] = [
  "--conditions=@papilio/source",
  join(import.meta.dirname, "../main.ts"),
];

/** The flags that name the adapter of the tests. */
export const adapterFlags: readonly string[] = ["--adapter", process.env.PAPILIO_ADAPTER ?? "auto"];

/** Runs a command to its end. */
export function papilio(...args: readonly string[]): {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  return spawnSync(process.execPath, [...commandLine, ...args], { encoding: "utf8" });
}

/**
 * Runs a command in this process, which must refuse what it is given: a process of its own takes more
 * than a second to start.
 */
export async function refusal(...args: readonly string[]): Promise<{
  readonly status: number;
  /** The line on stderr that says why. */
  readonly line: string;
  readonly stdout: string;
}> {
  const printed = vi.spyOn(console, "log").mockReturnValue();
  const told = vi.spyOn(console, "error").mockReturnValue();
  try {
    await createProgram().parseAsync(args, { from: "user" });
    throw new Error(`papilio ${args.join(" ")} refused nothing`);
  } catch (error) {
    const status = exitStatus(error);
    return { status, line: `${told.mock.lastCall?.[0]}`, stdout: printed.mock.calls.join("\n") };
  } finally {
    printed.mockRestore();
    told.mockRestore();
  }
}
