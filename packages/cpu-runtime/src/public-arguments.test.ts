import { callableExports, makeAll, mistakes, sweep } from "@papilio/public-arguments";
import { describe, expect, it } from "vitest";
import { runtime } from "./testing/every-entry.ts";
import { calls } from "./testing/public-calls.ts";

/** What is not in the table. */
const EXEMPT: Readonly<Record<string, string>> = {
  cpuMemoryStatistics: "takes nothing",
  disposeCpuThreads: "takes nothing",
  factorizationKernels: "takes nothing",
  CpuProgram: "its constructor is private",
  "CpuProgram#timeOperations": "takes nothing",
};

/** Values of another kind than those of the table that are as good. */
const taken = [
  // Of the shape that time is predicted for only the batch matters.
  /^predictCpuSeconds: \[1\]\[layout\]/,
];

describe("public functions", () => {
  it("are all in the table", () => {
    const missing = callableExports(runtime).filter(
      (name) => !(name in calls) && !(name in EXEMPT),
    );
    expect(missing).toEqual([]);
  });

  it("take the arguments of the table", () => makeAll(calls));

  it("refuse others with a code", async () => {
    expect(mistakes(await sweep(calls), taken)).toEqual([]);
  });
});
