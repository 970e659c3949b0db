import { PapilioError } from "@papilio/butterfly";
import { requireText } from "@papilio/butterfly/errors";
import { parseJsonText } from "@papilio/butterfly/files";
import * as v from "valibot";
import { describeIssue } from "../arguments/describe-issue.ts";
import { MODELS_SCHEMA, type ModelResults } from "./model-results.ts";
import { fileModelResults } from "./model-results-schema.ts";

/** Whether a file's text is of results of whole models, by its schema: the others are of multiplications. */
export function isModelResults(text: string): boolean {
  requireText("The text of results", text);
  // The first line of the others is a whole record.
  const [first = ""] = text.split("\n", 1);
  return !first.includes('"papilio-bench/') && /"schema"\s*:\s*"papilio-models\//.test(text);
}

/**
 * Results of whole models from a file.
 *
 * @throws PapilioError `RESULTS_SYNTAX` when it is not JSON, `RESULTS_INVALID` naming the first place that
 *   does not fit
 */
export function parseModelResults(json: string): ModelResults {
  requireText("The text of results", json);
  let data: unknown;
  try {
    data = parseJsonText(json);
  } catch (cause) {
    throw new PapilioError(
      "RESULTS_SYNTAX",
      `The results cannot be read as JSON: ${(cause as Error).message}.`,
      "Pass a file that `papilio bench-model NAME --json FILE` wrote.",
      { cause },
    );
  }
  const parsed = v.safeParse(fileModelResults, data);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new PapilioError(
    "RESULTS_INVALID",
    `The results do not fit ${MODELS_SCHEMA} at ${describeIssue(issue)}.`,
    "Pass a file of this version, or measure again.",
  );
}
