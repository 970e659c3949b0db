import { expect, it } from "vitest";
import { promisedLines, runSnippet } from "./testing/run-snippet.ts";

it.each([
  "chains.ts",
  "checkpoint.ts",
  "constructions.ts",
  "cpu.ts",
  "factorize.ts",
  "layouts.ts",
  "plan.ts",
  "verify.ts",
])(
  "%s prints what it says",
  (name) => {
    const promised = promisedLines(name);
    expect(promised).not.toEqual([]);
    expect(runSnippet(name)).toEqual(promised);
  },
  // Processes start slowly on a busy machine.
  60_000,
);
