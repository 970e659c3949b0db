import {
  COMPARE_THRESHOLD,
  type Comparison,
  compareRuns,
  hasRegression,
  parseResults,
} from "@papilio/bench";
import { PapilioError } from "@papilio/butterfly";
import { Command } from "commander";
import { readText } from "../input-file.ts";
import { print } from "../print.ts";
import { renderComparison } from "../render-comparison.ts";

interface Flags {
  readonly threshold: string;
  readonly relativeTo?: string;
  readonly json?: boolean;
}

/** `papilio compare`: two runs, aligned. */
export function compareCommand(): Command {
  return new Command("compare")
    .description("Align two runs and find what became slower.")
    .argument("<before>", "results that `papilio bench --json` wrote")
    .argument("<after>", "results of the same cases, written later")
    .option(
      "--threshold <share>",
      "how much slower is a regression, once the whole interval is above it",
      `${COMPARE_THRESHOLD}`,
    )
    .option(
      "--relative-to <implementation>",
      "compare multiples of its time in the same run: what the whole machine lost or won cancels",
    )
    .option("--json", "print the comparison as JSON")
    .addHelpText(
      "after",
      `
Examples:
  papilio compare before.jsonl after.jsonl
  papilio compare before.jsonl after.jsonl --relative-to dense --threshold 0.05

Exit status: 0; 1 when anything became slower beyond the threshold, or wrong; 2 for input that cannot be used.`,
    )
    .action(compare);
}

async function compare(before: string, after: string, flags: Flags): Promise<void> {
  const threshold = share("--threshold", flags.threshold);
  const [old, now] = [parseResults(await readText(before)), parseResults(await readText(after))];
  const comparison: Comparison = compareRuns(old, now, {
    threshold,
    ...(flags.relativeTo === undefined ? {} : { relativeTo: flags.relativeTo }),
  });
  print(flags.json ? JSON.stringify(comparison, null, 2) : renderComparison(comparison));
  if (hasRegression(comparison)) process.exitCode = 1;
}

function share(flag: string, text: string): number {
  const value = Number(text);
  if (/^\d*\.?\d+$/.test(text) && value > 0 && value <= 100) return value;
  throw new PapilioError(
    "FLAG_INVALID",
    `${flag} is ${JSON.stringify(text)}, but it must be a share such as 0.1 for ten percent.`,
    `Give ${flag} such a number.`,
  );
}
