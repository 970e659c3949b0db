import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { format } from "node:util";
import { vi } from "vitest";

const folder = resolve(import.meta.dirname, "..");
let runs = 0;

/** Runs a snippet from source and returns the lines that it prints. */
export async function runSnippet(name: string): Promise<string[]> {
  let output = "";
  const log = vi.spyOn(console, "log").mockImplementation((...parts) => {
    output += `${format(...parts)}\n`;
  });
  const aside = vi.spyOn(console, "error").mockReturnValue();
  try {
    // A module is evaluated once for each address.
    await import(`${resolve(folder, name)}?run=${++runs}`);
  } finally {
    log.mockRestore();
    aside.mockRestore();
  }
  return output.trimEnd().split("\n");
}

/** What a snippet says that it prints: the comment after each `console.log`. */
export function promisedLines(name: string): string[] {
  const source = readFileSync(resolve(folder, name), "utf8");
  return [...source.matchAll(/^(?:console\.log\(.*)?\); \/\/ (.*)$/gm)].map(
    ([, line]) => line as string,
  );
}
