import {
  COMPARE_THRESHOLD,
  type Comparison,
  compareModels,
  compareRuns,
  hasRegression,
} from "@papilio/bench/analysis";
import { PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import { Command } from "commander";
import { readResults } from "../files/results-input.ts";
import { exitStatuses } from "../flags/exit-statuses.ts";
import { print } from "../process/print.ts";
import { renderComparison } from "../render/render-comparison.ts";

interface Flags {
  readonly threshold: string;
  readonly relativeTo?: string;
  readonly json?: boolean;
}

/** `papilio compare`: two runs, aligned. */
export function compareCommand(): Command {
  return new Command("compare")
    .description("Align two runs and find what became slower.")
    .argument(
      "<before>",
      "results that `papilio bench --json` wrote, or `papilio bench-model --json`",
    )
    .argument("<after>", "results of the same cases, written later")
    .option(
      "--threshold <share>",
      "how much slower is a regression, once the whole interval is above it",
      `${COMPARE_THRESHOLD}`,
    )
    .option(
      "--relative-to <implementation>",
      'compare multiples of its time (of a model: a variant\'s, "papilio cpu dense f32") in the same run: what the whole machine lost or won cancels',
    )
    .option("--json", "print the comparison as JSON")
    .addHelpText(
      "after",
      `
Examples:
  papilio compare before.jsonl after.jsonl
  papilio compare before.jsonl after.jsonl --relative-to dense --threshold 0.05

${exitStatuses("anything became slower beyond the threshold, or wrong")}`,
    )
    .action(compare);
}

async function compare(before: string, after: string, flags: Flags): Promise<void> {
  const threshold = share("--threshold", flags.threshold);
  const [old, now] = [await readResults(before), await readResults(after)];
  const options = {
    threshold,
    ...(flags.relativeTo === undefined ? {} : { relativeTo: flags.relativeTo }),
  };
  // Two files of different kinds fail where the second is read as the kind of the first.
  const comparison: Comparison = old.areModels
    ? compareModels(old.models(), now.models(), options)
    : compareRuns(old.multiplications(), now.multiplications(), options);
  print(flags.json ? JSON.stringify(comparison, null, 2) : renderComparison(comparison));
  if (hasRegression(comparison)) process.exitCode = 1;
}

function share(flag: string, text: string): number {
  const value = Number(text);
  if (/^\d*\.?\d+$/.test(text) && value > 0 && value <= 100) return value;
  throw new PapilioError(
    "FLAG_INVALID",
    `${flag} is ${describeValue(text)}, but it must be a share such as 0.1 for ten percent.`,
    `Give ${flag} such a number.`,
  );
}
