import { requireShape, type Shape } from "../arguments/checks.ts";
import { memoryModelResults } from "./model-results-schema.ts";
import { memorySchemas } from "./results-schema.ts";

/** Results that were checked: of a run of thousands of cases, once. They do not change. */
const checked = new WeakSet<object>();

/** Refuses what are not the results of a run. Throws `OPTION_INVALID`. */
export function requireResults(value: unknown): void {
  requireOnce("The results", value, memorySchemas.benchResults);
}

/** Refuses what is not the result of a case. Throws `OPTION_INVALID`. */
export function requireCaseResult(value: unknown): void {
  requireOnce("The result of a case", value, memorySchemas.caseResult);
}

/** Refuses what are not results of a model. Throws `OPTION_INVALID`. */
export function requireModelResults(value: unknown): void {
  requireOnce("The results of a model", value, memoryModelResults);
}

function requireOnce(name: string, value: unknown, shape: Shape): void {
  if (typeof value === "object" && value !== null && checked.has(value)) return;
  requireShape(name, value, shape);
  checked.add(value as object);
}
