import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { modelResults } from "../testing/model-results.ts";
import { caseOf, runOf, skipped, testRates, timed, wrong } from "../testing/results.ts";
import { fileModelResults, memoryModelResults } from "./model-results-schema.ts";
import { fileSchemas, memorySchemas } from "./results-schema.ts";

const energy = { joules: 1, lower: 0, upper: 2, watts: 3, seconds: 1, runs: 4 };
const results = [
  { ...timed("kronecker-sparse", [0.002], { rewrite: [0.001] }), energy },
  wrong("dense"),
  skipped("split"),
];
const run = runOf([caseOf("4,16,16,4", results)], {
  environment: {
    rates: testRates,
    cacheBytes: 2 ** 20,
    energy: { meter: "a meter", idleWatts: 2 },
  },
  results: {
    skipped: [
      {
        chain: "4,16,16,4",
        batch: 1,
        dtype: "f32",
        layout: "batch-last",
        cause: "budget",
        reason: "late",
      },
    ],
  },
});
const { schema, environment, options, implementations, cases } = run;

type Schema = v.GenericSchema<unknown>;
const whole: readonly [string, unknown, Schema][] = [
  ["a run", run, memorySchemas.benchResults],
  [
    "a record of a run",
    { record: "run", schema, environment, options, implementations },
    fileSchemas.resultRecord,
  ],
  ["a record of a case", { record: "case", ...cases[0] }, fileSchemas.resultRecord],
  ["a record of a skip", { record: "skip", ...run.skipped[0] }, fileSchemas.resultRecord],
  ["a model in memory", modelResults, memoryModelResults],
  ["a model in a file", modelResults, fileModelResults],
];

/** Copies of a value, each without one of the members of the objects in it. */
function* withoutOne(value: unknown, path = ""): Generator<[string, unknown]> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    const here = `${path}.${key}`;
    const rest = Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
    if (!Array.isArray(value)) yield [here, rest];
    for (const [place, changed] of withoutOne(member, here)) {
      const copy = Array.isArray(value) ? [...value] : { ...value };
      yield [place, Object.assign(copy, { [key]: changed })];
    }
  }
}

describe("the schemas of files and of memory", () => {
  it.each(whole)("have every field of %s", (_, value, schema) => {
    expect(v.is(schema, value)).toBe(true);
    const taken = [...withoutOne(value)].filter(([, changed]) => v.is(schema, changed));
    // Versions have the names of packages.
    expect(taken.map(([path]) => path)).toEqual(
      [".environment.versions.node"].filter((path) =>
        [...withoutOne(value)].some(([p]) => p === path),
      ),
    );
  });

  it("take gradients and adapters, and no other operations", () => {
    const item = caseOf("4,16,16,4", results);
    for (const { caseResult } of [fileSchemas, memorySchemas]) {
      for (const operation of ["gradient", "adapt"]) {
        expect(v.parse(caseResult, { ...item, operation })).toMatchObject({ operation });
      }
      for (const operation of ["multiply", "sum", null, undefined]) {
        expect(v.is(caseResult, { ...item, operation })).toBe(false);
      }
    }
  });

  it("differ in what numbers may be", () => {
    const slow = caseOf("4,16,16,4", [timed("dense", [Number.POSITIVE_INFINITY])]);
    expect(v.is(memorySchemas.caseResult, slow)).toBe(true);
    expect(v.is(fileSchemas.caseResult, slow)).toBe(false);
  });
});
