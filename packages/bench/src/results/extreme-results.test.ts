import { describe, expect, it } from "vitest";
import { parseLayers } from "../select/layers.ts";
import { caseOf, runOf, timed } from "../testing/results.ts";
import { parseModelResults } from "./parse-model-results.ts";
import { formatRecord, parseResults } from "./parse-results.ts";
import type { ResultRecord } from "./results.ts";

const item = caseOf("4,16,16,4", [timed("kronecker-sparse", [0.002])]);
const { schema, environment, options, implementations } = runOf([item]);
const run: ResultRecord = { record: "run", schema, environment, options, implementations };
const code = (expected: string): unknown => expect.objectContaining({ code: expected });

/** The results with a text instead of the samples that the wall clock took. */
const withWall = (samples: string): string =>
  formatRecord(run) +
  formatRecord({ record: "case", ...item }).replace(/"wall":\[[^\]]*\]/, `"wall":${samples}`);

describe("times that no run can take", () => {
  it.each(["[0]", "[5e-324]", "[1e300]", "[1e999]", "[-1]", "[0.1,1e10]", "[null]", '["1"]'])(
    "are refused: %s",
    (samples) => {
      expect(() => parseResults(withWall(samples))).toThrow(code("RESULTS_INVALID"));
    },
  );

  it.each(["[1e-12]", "[1e9]", "[]", "[0.25]"])("are not these: %s", (samples) => {
    expect(parseResults(withWall(samples)).cases).toHaveLength(1);
  });
});

describe("JSON that nests without end", () => {
  const deep = "[".repeat(1e6);

  it("is refused before it is parsed", () => {
    expect(() => parseModelResults(deep)).toThrow(code("RESULTS_SYNTAX"));
    expect(() => parseLayers(deep)).toThrow(code("LAYERS_SYNTAX"));
  });
});
