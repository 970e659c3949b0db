import * as v from "valibot";

/** Characters of what a message repeats from a file, at most. */
const LONGEST = 200;

/** Where a file does not fit a schema, and why: `results.0.status: Invalid type ...`. */
export function describeIssue(issue: v.GenericIssue): string {
  return `${cut(v.getDotPath(issue) ?? "the top")}: ${cut(issue.message)}`;
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
