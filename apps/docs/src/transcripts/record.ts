import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { COMMANDS, runCommand, transcriptOf } from "./run-commands.ts";
import { terminalPicture } from "./terminal-picture.ts";

const site = resolve(import.meta.dirname, "../..");

/**
 * Runs the commands and keeps what they write, the benchmark as a picture for README files too:
 * `pnpm --filter @papilio/docs transcripts`.
 */
for (const [name, command] of Object.entries(COMMANDS)) {
  const transcript = transcriptOf(command, runCommand(command));
  writeFileSync(resolve(site, `transcripts/${name}.txt`), transcript);
  if (name === "bench") {
    const picture = terminalPicture(shortened(transcript), "papilio bench in a terminal");
    writeFileSync(resolve(site, "public/bench.svg"), picture);
  }
}

/** The command broken into lines of a terminal's width. */
function shortened(transcript: string): string {
  const [command = "", ...output] = transcript.split("\n");
  const lines = [""];
  for (const word of command.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line.length + word.length < 110) {
      lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
    } else lines.push(`    ${word}`);
  }
  return [lines.join(" \\\n"), ...output].join("\n");
}
