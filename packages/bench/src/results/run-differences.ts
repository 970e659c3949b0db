import type { BenchResults, RunRecord } from "./results.ts";

type Run = Pick<RunRecord | BenchResults, "environment" | "options" | "implementations">;

/**
 * What tells a run from another: settings and versions that must be equal for cases of both to be
 * compared. Dates, loads and measured rates differ between the parts of one run.
 *
 * @returns the name and the value in `before` of each that differs, such as `seed (1 there)`; none for
 *   parts of one run
 */
export function runDifferences(before: Run, now: Run): string[] {
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
