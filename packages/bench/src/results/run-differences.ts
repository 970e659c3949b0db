import * as v from "valibot";
import { requireShape } from "../arguments/checks.ts";
import type { BenchResults, RunRecord } from "./results.ts";
import { memorySchemas } from "./results-schema.ts";

type Run = Pick<RunRecord | BenchResults, "environment" | "options" | "implementations">;

const runShape = v.object({
  environment: v.object({
    adapter: v.nullable(v.object({ name: v.string(), driver: v.string() })),
    versions: v.record(v.string(), v.string()),
  }),
  options: memorySchemas.runOptions,
  implementations: v.array(v.object({ name: v.string() })),
});

/**
 * What tells a run from another: settings and versions that must be equal for cases of both to be
 * compared. Dates, loads and measured rates differ between the parts of one run.
 *
 * @returns the name and the value in `before` of each that differs, such as `seed (1 there)`; none for
 *   parts of one run
 */
export function runDifferences(before: Run, now: Run): string[] {
  requireShape("The run before", before, runShape);
  requireShape("The run now", now, runShape);
  const fresh = new Map(Object.entries(factsOf(now)));
  return Object.entries(factsOf(before))
    .filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(fresh.get(key)))
    .map(([key, value]) => `${key} (${JSON.stringify(value)} there)`);
}

function factsOf({ environment, options, implementations }: Run): object {
  return {
    adapter: environment.adapter?.name ?? null,
    driver: environment.adapter?.driver ?? null,
    versions: environment.versions,
    ...options,
    implementations: implementations.map(({ name }) => name).toSorted(),
  };
}
