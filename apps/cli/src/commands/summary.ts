import { parseResults, renderMarkdown } from "@papilio/bench";
import { Command } from "commander";
import { readText } from "../input-file.ts";

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
