import { callableExports, makeAll, mistakes, sweep } from "@papilio/public-arguments";
import { expect, it } from "vitest";
import * as server from "./index.ts";
import * as node from "./node/index.ts";
import { serverCalls } from "./testing/public-calls.ts";

/** Values of another kind than those of the table that are as good. */
const taken: readonly RegExp[] = [
  // A list has no names.
  /\[specialTokens\] = \[\]$/,
];

it("takes the arguments of the table", () => makeAll(serverCalls));

it("refuses others with a code", async () => {
  const attempts = await sweep(serverCalls);
  expect(mistakes(attempts, taken)).toEqual([]);
});

it("every function that is exported is called", () => {
  const all = [server, node].flatMap(callableExports);
  // Their constructors are private.
  const open = all.filter((name) => !["Gateway", "ModelServer"].includes(name));
  expect(open.filter((name) => !Object.hasOwn(serverCalls, name))).toEqual([]);
});
