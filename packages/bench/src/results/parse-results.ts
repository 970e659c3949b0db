import { PapilioError } from "@papilio/butterfly";
import { describeValue, requireList, requireText } from "@papilio/butterfly/errors";
import { parseJsonText } from "@papilio/butterfly/files";
import * as v from "valibot";
import { count, requireShape } from "../arguments/checks.ts";
import { describeIssue } from "../arguments/describe-issue.ts";
import { caseName } from "../cases/case.ts";
import {
  type BenchResults,
  type CaseResult,
  type ResultRecord,
  SCHEMA,
  type SkippedCase,
} from "./results.ts";
import { fileSchemas } from "./results-schema.ts";
import { runDifferences } from "./run-differences.ts";

/** More lines than any grid has cases. */
const MAX_LINES = 200_000;

/**
 * Reads a results file's text, JSON Lines. A byte-order mark and empty lines are skipped. A line that
 * is not JSON, as the last one is when the program was killed while it wrote, is left out and its number kept; not that of one after which the
 * run was resumed, as its case was measured again. A second "run" record of the same run, as two
 * programs write that begin one file at the same time, counts as a resumption, and not at all where
 * it is the first one again.
 *
 * @param source the text, or its lines without their ends, which take less memory one after another
 * @throws PapilioError `RESULTS_SYNTAX` when the first line is not JSON; `RESULTS_VERSION` when it
 * is of another version; `RESULTS_INVALID` naming the first place that does not fit
 */
export function parseResults(source: string | Iterable<string>): BenchResults {
  const records: ResultRecord[] = [];
  const damagedLines: number[] = [];
  let index = -1;
  for (const line of linesOf(source)) {
    requireText("A line of results", line);
    if (++index === MAX_LINES) throw tooMany();
    const data = parseJson(line);
    if (index === 0) requireVersion(data);
    if (line.trim() === "") continue;
    if (data === undefined) {
      damagedLines.push(index + 1);
      continue;
    }
    const record = validate(data, `line ${index + 1}`);
    // The line before was cut off, and the run went on.
    if (record.record === "resume" && damagedLines.at(-1) === index) damagedLines.pop();
    records.push(record);
  }
  return assembleResults(records, damagedLines);
}

function linesOf(source: unknown): Iterable<string> {
  const isIterable = typeof source === "object" && source !== null && Symbol.iterator in source;
  if (isIterable) return source as Iterable<string>;
  requireText("The text of results", source);
  const lines = source.split("\n", MAX_LINES + 1);
  if (lines.length > MAX_LINES) throw tooMany();
  return lines;
}

function tooMany(): PapilioError {
  return invalid(`there are more than ${MAX_LINES} lines`, "the file");
}

/** @throws PapilioError `RESULTS_SYNTAX`, `RESULTS_VERSION` */
function requireVersion(first: unknown): void {
  if (first === undefined) {
    throw new PapilioError(
      "RESULTS_SYNTAX",
      "The first line of the results is not JSON.",
      "Give a file that `papilio bench --json FILE` wrote.",
    );
  }
  const schema = (first as { schema?: unknown } | null)?.schema;
  if (typeof schema === "string" && schema !== SCHEMA) {
    throw new PapilioError(
      "RESULTS_VERSION",
      `The results have schema ${describeValue(schema)}, and this version reads ${SCHEMA}.`,
      "Read them with the version of papilio that wrote them, or run the benchmark again.",
    );
  }
}

/**
 * What the records of a run amount to together.
 *
 * @throws PapilioError `RESULTS_INVALID` unless the first is the run's own, and no other is of
 *   another run
 */
export function assembleResults(
  records: readonly ResultRecord[],
  damagedLines: readonly number[] = [],
): BenchResults {
  requireList("The records", records);
  requireShape("The damaged lines", damagedLines, v.array(count));
  // Those of a file were checked line by line.
  for (const record of records) requireRecord(record);
  const [run, ...others] = records;
  if (run?.record !== "run") throw invalid('it must be the "run" record', "line 1");
  const cases = new Map<string, CaseResult>();
  const skipped = new Map<string, SkippedCase>();
  let resumed = 0;
  for (const entry of others) {
    switch (entry.record) {
      case "run": {
        const [different] = runDifferences(run, entry);
        if (different !== undefined) {
          throw invalid(`a "run" record of another run, with other ${different}`, "a later line");
        }
        if (formatRecord(entry) !== formatRecord(run)) resumed++;
        break;
      }
      case "case": {
        const { record: _, ...result } = entry;
        cases.set(caseName(result), result);
        skipped.delete(caseName(result));
        break;
      }
      case "skip": {
        const { record: _, ...result } = entry;
        if (!cases.has(caseName(result))) skipped.set(caseName(result), result);
        break;
      }
      case "resume":
        resumed++;
        break;
      case "end":
        break;
    }
  }
  return {
    schema: SCHEMA,
    environment: run.environment,
    options: run.options,
    implementations: run.implementations,
    cases: [...cases.values()],
    skipped: [...skipped.values()],
    resumed,
    complete: others.at(-1)?.record === "end",
    damagedLines,
  };
}

/** A record as a line of a results file, line end included; six significant digits are kept. */
export function formatRecord(record: ResultRecord): string {
  requireShape("The record", record, v.object({ record: v.string() }));
  try {
    const line = JSON.stringify(record, (_, value: unknown) =>
      typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value,
    );
    return `${line}\n`;
  } catch (cause) {
    throw new PapilioError(
      "OPTION_INVALID",
      `The record cannot be written as JSON: ${(cause as Error).message}.`,
      "Pass a record of numbers, texts, lists and objects alone.",
      { cause },
    );
  }
}

/** Records that were read from a file, and so checked. */
const known = new WeakSet<object>();

function requireRecord(record: unknown): void {
  if (typeof record === "object" && record !== null && known.has(record)) return;
  requireShape("A record", record, fileSchemas.resultRecord);
}

function parseJson(line: string): unknown {
  try {
    return parseJsonText(line.replace(/^\uFEFF+/, ""));
  } catch {
    return undefined;
  }
}

/** @throws PapilioError `RESULTS_INVALID` */
function validate(data: unknown, where: string): ResultRecord {
  const parsed = v.safeParse(fileSchemas.resultRecord, data);
  if (parsed.success) {
    known.add(parsed.output);
    return parsed.output;
  }
  throw invalid(describeIssue(parsed.issues[0]), where);
}

function invalid(problem: string, where: string): PapilioError {
  return new PapilioError(
    "RESULTS_INVALID",
    `The results do not fit the schema at ${where}, ${problem}.`,
    "Give a file that `papilio bench --json FILE` wrote, unchanged.",
  );
}
