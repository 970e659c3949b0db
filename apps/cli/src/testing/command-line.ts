import { spawnSync } from "node:child_process";
import { join } from "node:path";

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
