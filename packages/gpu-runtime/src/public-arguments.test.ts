import { callableExports, makeAll, mistakes, sweep } from "@papilio/public-arguments";
import { describe, expect, it } from "vitest";
import * as node from "./node/index.ts";
import { runtime } from "./testing/every-entry.ts";
import { calls as modelCalls } from "./testing/public-calls.ts";
import { deviceCalls } from "./testing/public-device-calls.ts";
import { trainingCalls } from "./testing/public-training-calls.ts";

const calls = { ...modelCalls, ...trainingCalls };

/** What is in no table. */
const EXEMPT: Readonly<Record<string, string>> = {
  Program: "its constructor is private",
  OutputFile: "its constructor is private",
  listInstalled: "takes nothing",
  outputFailed: "makes an error",
  unwritable: "makes an error",
};

/** Values of another kind than those of the table that are as good. */
const taken = [
  // Whatever JSON keeps, and whatever a caller chooses among.
  /^MemoryTuningCache#set: \[1\] = /,
  /^tune: \[1\]\[candidates\]\[0\]\[value\] = /,
  // The size of a subgroup.
  /\[broadcast\] = a number$/,
];

describe("public functions that need no device", () => {
  it("are all in a table, as those that need one", () => {
    const listed = new Set([...Object.keys(calls), ...Object.keys(deviceCalls)]);
    const missing = [...callableExports(runtime), ...callableExports(node)].filter(
      (name) => !listed.has(name) && !(name in EXEMPT),
    );
    expect(missing).toEqual([]);
  });

  it("take the arguments of the table", () => makeAll(calls));

  it("refuse others with a code", async () => {
    expect(mistakes(await sweep(calls), taken)).toEqual([]);
  });
});
