import { describe, expect, it } from "vitest";
import { parseResults } from "./parse-results.ts";
import { caseOf, resultsOf, timed } from "./testing/results.ts";

const results = resultsOf([caseOf("4,16,16,4", [timed("kronecker-sparse", [0.002])])]);
const code = (expected: string): unknown => expect.objectContaining({ code: expected });

describe("reading results", () => {
  it("gives back what was written", () => {
    expect(parseResults(JSON.stringify(results))).toEqual(results);
  });

  it("refuses what is not JSON, another version, and what does not fit", () => {
    expect(() => parseResults("{")).toThrow(code("RESULTS_SYNTAX"));
    expect(() => parseResults('{"schema":"papilio-bench/0"}')).toThrow(code("RESULTS_VERSION"));
    for (const hostile of ["null", "[]", "7", '{"schema":5}', '{"schema":"papilio-bench/1"}']) {
      expect(() => parseResults(hostile)).toThrow(code("RESULTS_INVALID"));
    }
  });

  it("names the place that does not fit", () => {
    const wrong = structuredClone(results) as unknown as { cases: { batch: number }[] };
    (wrong.cases[0] as { batch: number }).batch = -1;
    expect(() => parseResults(JSON.stringify(wrong))).toThrow(/cases\.0\.batch/);
  });
});
