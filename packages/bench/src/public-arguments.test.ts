import {
  callableExports,
  makeAll,
  mistakes,
  type PublicCalls,
  sweep,
} from "@papilio/public-arguments";
import { describe, expect, it } from "vitest";
import * as node from "./node/index.ts";
import * as report from "./report/index.ts";
import { deviceCalls } from "./testing/public-calls/device.ts";
import * as bench from "./testing/public-calls/entries.ts";
import { nodeCalls } from "./testing/public-calls/node.ts";
import { caseCalls, resultCalls } from "./testing/public-calls/results.ts";

const groups: readonly [string, PublicCalls][] = [
  ["cases", caseCalls],
  ["results", resultCalls],
  ["Node", nodeCalls],
];

/** Values of another kind than those of the table that are as good. */
const taken: readonly RegExp[] = [
  /^caseName: \[0\]\[chain\] = a text$/,
  // What was not measured is null.
  /\[(adapter|average|busy|inputs|seconds|repeats|relativeError|profile|threads|layout|dispatches|rewrites|bytes|peakBytes|note)\] = null$/,
  // A list has no versions.
  /\[versions\] = \[\]$/,
  // Records are written as they are; reading them tells.
  /^formatRecord: \[0\]\[date\]/,
];

describe.each(groups)("public functions of %s", (_, calls) => {
  it("take the arguments of the table", () => makeAll(calls));

  it("refuse others with a code", async () => {
    const attempts = await sweep(calls);
    expect(mistakes(attempts, taken)).toEqual([]);
  });
});

it("every function that is exported is called", () => {
  const called = new Set([...groups.map(([, calls]) => calls), deviceCalls()].flatMap(Object.keys));
  const all = [bench, report, node].flatMap(callableExports);
  expect(all.filter((name) => !called.has(name))).toEqual([]);
});
