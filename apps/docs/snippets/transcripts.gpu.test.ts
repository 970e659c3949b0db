import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { COMMANDS, runCommand, skeletonOf, transcriptOf } from "../src/transcripts/run-commands.ts";

it.each(Object.entries(COMMANDS))(
  "the transcript of %s is what the command writes",
  (name, command) => {
    const shown = readFileSync(resolve(import.meta.dirname, `../transcripts/${name}.txt`), "utf8");
    const written = transcriptOf(command, runCommand(command));
    expect(shown.split("\n")[0]).toBe(`$ npx ${command}`);
    // Times differ from run to run; where nothing is measured, all is the same.
    if (name === "select") expect(shown).toBe(written);
    else expect(skeletonOf(shown)).toEqual(skeletonOf(written));
    if (name === "bench") {
      for (const text of [shown, written])
        expect(text).toContain("The fastest way on this machine");
    }
  },
);
