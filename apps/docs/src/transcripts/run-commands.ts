import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import process from "node:process";

const root = resolve(import.meta.dirname, "../../../..");

/** The commands whose transcripts pages show, by the name of their file. */
export const COMMANDS: Readonly<Record<string, string>> = {
  doctor: "papilio doctor --adapter swiftshader",
  bench:
    "papilio bench --adapter swiftshader --pattern 4,16,16,4 --batch 64 --layout batch-last --dtype f32 --implementation kronecker-sparse,bmm,einsum,dense --no-energy",
  select:
    "papilio select --pattern 4,64,64,4 --batch 128 --dtype f32 --layout batch-last --offline --results results/foundation-lavapipe.json",
};

/** Runs a command of the command line from source, in the repository's root; its stdout. */
export function runCommand(command: string): string {
  const args = command.split(" ").slice(1);
  const main = resolve(root, "apps/cli/src/main.ts");
  return execFileSync(process.execPath, ["--conditions=@papilio/source", main, ...args], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** A command and what it wrote, as a page shows it. */
export function transcriptOf(command: string, output: string): string {
  return `$ npx ${command}\n${output.trimEnd()}\n`;
}

/** What is the same in every run of a command: the first word of each line, and the columns of a table. */
export function skeletonOf(transcript: string): string[] {
  const words = transcript
    .split("\n")
    .map((line) => (line.startsWith("│") ? line.split("│")[2]?.trim() : line.split(" ")[0]) ?? "")
    // Advice, notices and intervals depend on the machine and the moment.
    .filter((word) => /^[$A-Za-z]/.test(word) && !/^(Advice|Passed|Other)$/.test(word));
  return [...new Set(words)].sort();
}
