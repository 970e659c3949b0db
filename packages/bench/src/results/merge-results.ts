import { PapilioError } from "@papilio/butterfly";
import { requireList } from "@papilio/butterfly/errors";
import { type CaseKey, caseName } from "../cases/case.ts";
import { requireResults } from "./require-results.ts";
import {
  type BenchResults,
  type Environment,
  type ImplementationRecord,
  machineName,
  type RunRecord,
} from "./results.ts";

/**
 * Puts the parts of one run, made on one adapter, into one. Of two results of a case the one from
 * the later part counts, and a case that any part measured is not skipped. What the environments
 * differ in is given in full: commands and revisions are listed, the greatest load counts.
 *
 * @throws PapilioError `MERGE_EMPTY` without parts; `MERGE_MIXED_ADAPTERS` when they were made on
 * different adapters or drivers, which no figure should mix
 */
export function mergeResults(parts: readonly BenchResults[]): BenchResults {
  requireList("The results", parts);
  for (const part of parts) requireResults(part);
  const [first] = parts;
  if (first === undefined) {
    throw new PapilioError("MERGE_EMPTY", "There are no results to merge.", "Give at least one.");
  }
  if (parts.length === 1) return first;
  for (const part of parts) assertSameAdapter(first, part);
  const cases = lastOfEach(parts.flatMap((part) => part.cases));
  const measured = new Set(cases.map(caseName));
  return {
    schema: first.schema,
    environment: mergeEnvironments(parts.map(({ environment }) => environment)),
    options: mergeOptions(parts),
    implementations: mergeImplementations(parts),
    cases,
    skipped: lastOfEach(parts.flatMap(({ skipped }) => skipped)).filter(
      (key) => !measured.has(caseName(key)),
    ),
    resumed: parts.reduce((sum, { resumed }) => sum + resumed, 0),
    complete: parts.every(({ complete }) => complete),
    damagedLines: parts.flatMap(({ damagedLines }) => damagedLines),
  };
}

/** Where the first of each key stands, with what the last of it says. */
function lastOfEach<T extends CaseKey>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [caseName(item), item])).values()];
}

function assertSameAdapter(
  { environment: one }: BenchResults,
  { environment: other }: BenchResults,
): void {
  const same = (["name", "vendor", "architecture", "driver", "kind"] as const).every(
    (part) => one.adapter?.[part] === other.adapter?.[part],
  );
  if (same) return;
  const [first, second] = [one, other].map((environment) =>
    environment.adapter === null
      ? machineName(environment)
      : `${environment.adapter.name} (${environment.adapter.driver})`,
  );
  throw new PapilioError(
    "MERGE_MIXED_ADAPTERS",
    `The results are of different adapters: ${first} and ${second}.`,
    "Give the files of one adapter and one driver at a time.",
  );
}

function mergeEnvironments(all: readonly Environment[]): Environment {
  const [first] = all as readonly [Environment, ...Environment[]];
  const distinct = (values: readonly string[]): string => [...new Set(values)].join("; ");
  const revisions = all.flatMap(({ revision }) => revision ?? []);
  const versions = [...new Set(all.flatMap((environment) => Object.keys(environment.versions)))];
  return {
    ...first,
    date: all.map(({ date }) => date).toSorted()[0] as string,
    command: distinct(all.map(({ command }) => command)),
    platform: distinct(all.map(({ platform }) => platform)),
    processors: distinct(all.map(({ processors }) => processors)),
    versions: Object.fromEntries(
      versions.map((name) => [
        name,
        distinct(all.flatMap((environment) => environment.versions[name] ?? [])),
      ]),
    ),
    revision: revisions.length === 0 ? null : distinct(revisions),
    load: {
      average: greatest(all.map(({ load }) => load.average)),
      busy: greatest(all.map(({ load }) => load.busy)),
    },
    rates: all.find(({ rates }) => rates !== null)?.rates ?? null,
    energy: (all.find(({ energy }) => "meter" in energy) ?? first).energy,
  };
}

function greatest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

/** The least careful of the parts: the whole is no better. */
function mergeOptions(parts: readonly BenchResults[]): RunRecord["options"] {
  const [{ options }] = parts as readonly [BenchResults, ...BenchResults[]];
  return {
    ...options,
    rounds: Math.min(...parts.map((part) => part.options.rounds)),
    minSample: Math.min(...parts.map((part) => part.options.minSample)),
  };
}

function mergeImplementations(parts: readonly BenchResults[]): ImplementationRecord[] {
  const all = parts.flatMap(({ implementations }) => implementations);
  return [...new Map(all.map((implementation) => [implementation.name, implementation])).values()];
}
