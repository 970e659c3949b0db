import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect } from "vitest";
import {
  COMMANDS,
  runCommand,
  skeletonOf,
  transcriptOf,
} from "../../src/transcripts/run-commands.ts";

/** Expects that a transcript shows what its command writes today. */
export function expectTranscript(name: string): void {
  const command = COMMANDS[name] as string;
  const path = resolve(import.meta.dirname, `../../transcripts/${name}.txt`);
  const shown = readFileSync(path, "utf8");
  const written = transcriptOf(command, runCommand(command));
  expect(shown.split("\n")[0]).toBe(`$ npx ${command}`);
  // Times differ from run to run; where nothing is measured, all is the same.
  if (name === "select") expect(shown).toBe(written);
  else expect(skeletonOf(shown)).toEqual(skeletonOf(written));
  if (name !== "bench") return;
  for (const text of [shown, written]) expect(text).toContain("The fastest way on this machine");
}
