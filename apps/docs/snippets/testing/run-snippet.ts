import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const folder = resolve(import.meta.dirname, "..");

/** Runs a snippet from source in a process of its own and returns the lines of its stdout. */
export function runSnippet(name: string, ...nodeOptions: readonly string[]): string[] {
  const output = execFileSync(
    process.execPath,
    ["--conditions=@papilio/source", ...nodeOptions, resolve(folder, name)],
    // Dawn chatters on stderr; when a snippet fails, the error that is thrown carries it.
    { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] },
  );
  return output.trimEnd().split("\n");
}

/** What a snippet says that it prints: the comment after each `console.log`. */
export function promisedLines(name: string): string[] {
  const source = readFileSync(resolve(folder, name), "utf8");
  return [...source.matchAll(/^(?:console\.log\(.*)?\); \/\/ (.*)$/gm)].map(
    ([, line]) => line as string,
  );
}
