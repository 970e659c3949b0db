import { expect, it } from "vitest";
import { describeSamples } from "./testing/describe-samples.ts";
import { BEFORE, LONG, samplesInPages } from "./testing/samples.ts";

const samples = samplesInPages();
describeSamples(new Map([...samples].filter(([name]) => !LONG.includes(name))));

it("what is said of samples is said of samples that there are", () => {
  const named = [...LONG, ...Object.keys(BEFORE)];
  expect(named.filter((name) => !samples.has(name))).toEqual([]);
});
