import { expect, it } from "vitest";
import { promisedLines, runSnippet } from "./testing/run-snippet.ts";

it.each([
  "chains.ts",
  "checkpoint.ts",
  "constructions.ts",
  "cpu.ts",
  "factorize.ts",
  "layouts.ts",
  "places.ts",
  "plan.ts",
  "trained.ts",
  "training.ts",
  "verify.ts",
])("%s prints what it says", async (name) => {
  const promised = promisedLines(name);
  expect(promised).not.toEqual([]);
  expect(await runSnippet(name)).toEqual(promised);
});
