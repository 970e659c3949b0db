import { expect, it } from "vitest";
import { summarizeRun } from "../analysis/summarize.ts";
import { caseOf, runOf, testAdapter, testEnvironment, timed } from "../testing/results.ts";
import { cautions } from "./notices.ts";

const results = [timed("bmm", [0.001, 0.001])];
const first = caseOf("1,2,2,1", results);
const on = (name: string) => ({
  ...testEnvironment,
  adapter: { ...testAdapter, kind: "hardware" as const, name },
});

it("says of which machines the cases of a run are, where these are several", () => {
  const environment = on("one");
  const mixed = runOf([first, { ...caseOf("1,4,4,1", results), environment: on("other") }], {
    environment,
  });
  const [care] = cautions(mixed, summarizeRun(mixed));
  expect(care).toMatchObject({
    items: [expect.stringContaining("1 case on one, 1 case on other")],
  });
  const same = runOf([first, { ...caseOf("1,4,4,1", results), environment }], { environment });
  expect(cautions(same, summarizeRun(same))).toEqual([]);
});
