import { readFile, stat } from "node:fs/promises";
import { parseResults, renderMarkdown } from "@papilio/bench";
import { PapilioError } from "@papilio/butterfly";
import { Command } from "commander";

/** A results file of 10,000 cases is about a tenth of this. */
const MAX_BYTES = 256 * 1024 * 1024;

/** `papilio summary`: a results file as Markdown. */
export function summaryCommand(): Command {
  return new Command("summary")
    .description("Print a results file as Markdown: summary, losing cases, all cases.")
    .argument("<file>", "results that `papilio bench --json` wrote")
    .addHelpText("after", "\nExample:\n  papilio summary results.json > results.md")
    .action(async (file: string) => {
      console.log(renderMarkdown(parseResults(await readText(file))));
    });
}

async function readText(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > MAX_BYTES)
      throw new Error(`it has ${size} bytes, and at most ${MAX_BYTES} are read`);
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new PapilioError(
      "INPUT_UNREADABLE",
      `The file ${file} cannot be read: ${(cause as Error).message}.`,
      "Give a file that `papilio bench --json FILE` wrote.",
      { cause },
    );
  }
}
