import { quantity, times } from "@papilio/bench/analysis";
import type { Quantity, Selection } from "@papilio/bench/select";
import { newTable } from "./new-table.ts";

/** What came of a question: a selection, or why there is none. */
export type Answer =
  | { readonly name: string; readonly selection: Selection }
  | { readonly name: string; readonly reason: string };

/** One answer in full, with all candidates; several as a table, one line each. */
export function renderAnswers(answers: readonly Answer[]): string {
  const [only, ...others] = answers;
  if (only !== undefined && "selection" in only && others.length === 0)
    return inFull(only.selection);
  const table = newTable(["case", "best", "layout", "advantage", "runner-up", "basis", "sure"]);
  for (const answer of answers) {
    if (!("selection" in answer)) continue;
    const { best, layout, advantage, runnerUp, basis, confidence } = answer.selection;
    table.push([
      answer.name,
      best,
      layout,
      advantage === undefined ? "-" : ratio(advantage),
      runnerUp ?? "-",
      basis,
      sureness(confidence),
    ]);
  }
  const without = answers.flatMap((answer) =>
    "selection" in answer ? [] : [`No answer for ${answer.name}: ${answer.reason}`],
  );
  return [table.toString(), ...without].join("\n");
}

function inFull(selection: Selection): string {
  const table = newTable(["implementation", "layout", "time", "interval", "relative", "basis"]);
  const fastest = selection.candidates[0]?.seconds.median ?? 1;
  for (const { implementation, layout, seconds, basis } of selection.candidates) {
    table.push([
      implementation,
      layout,
      quantity(seconds.median, "s"),
      interval(seconds),
      times(seconds.median / fastest),
      basis,
    ]);
  }
  const { best, layout, confidence } = selection;
  const sure =
    confidence === null
      ? "How sure that is, nothing tells."
      : `It is the fastest, or needs at most 10 % longer, with a probability of ${sureness(confidence)}.`;
  return [`${best}, ${layout}`, selection.explanation, sure, "", table.toString()].join("\n");
}

function ratio({ median, lower, upper }: Quantity): string {
  const range =
    lower === null || upper === null ? "" : ` (${lower.toFixed(2)} - ${upper.toFixed(2)})`;
  return `${times(median)}${range}`;
}

function interval({ lower, upper }: Quantity): string {
  return lower === null || upper === null
    ? "-"
    : `${quantity(lower, "s")} - ${quantity(upper, "s")}`;
}

function sureness(confidence: number | null): string {
  if (confidence === null) return "-";
  // Rounded down: certainty is never claimed.
  return `${Math.min(99, Math.floor(confidence * 100))} %`;
}
