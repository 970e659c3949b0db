import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import process from "node:process";

const root = resolve(import.meta.dirname, "../../../..");

/** The commands whose transcripts pages show, by the name of their file. */
export const COMMANDS: Readonly<Record<string, string>> = {
  doctor: "papilio doctor --adapter swiftshader",
  bench:
    "papilio bench --adapter swiftshader --pattern 1,4,4,256 --pattern 4,16,16,4 --batch 128 --layout batch-last --no-energy",
  select:
    "papilio select --pattern 4,64,64,4 --batch 128 --dtype f32 --layout batch-last --offline --results results/foundation-lavapipe.jsonl",
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

/**
 * What is the same in every run of a command: the labels of lines, and the first column of a table.
 * Sentences are broken where their figures let them.
 */
export function skeletonOf(transcript: string): string[] {
  const words = transcript
    .split("\n")
    .map(
      (line) =>
        (line.startsWith("│")
          ? line.split("│")[1]?.trim()
          : /^(\$|\w+ {2,})/.exec(line)?.[0].trim()) ?? "",
    )
    // Advice and notices depend on the machine and the moment.
    .filter((word) => word !== "" && !/^(Advice|Passed)$/.test(word));
  return [...new Set(words)].sort();
}
