import { describe, expect, it } from "vitest";
import { caseOf, runOf, timed } from "../testing/results.ts";
import { formatRecord, parseResults } from "./parse-results.ts";
import type { ResultRecord } from "./results.ts";

const item = caseOf("4,16,16,4", [timed("kronecker-sparse", [0.002])]);
const results = runOf([item]);
const code = (expected: string): unknown => expect.objectContaining({ code: expected });

const { schema, environment, options, implementations } = results;
const run: ResultRecord = { record: "run", schema, environment, options, implementations };
const end: ResultRecord = { record: "end", date: "2026-01-01T00:00:00.000Z" };
const skip = {
  record: "skip",
  chain: "1,2,2,2",
  batch: 4,
  dtype: "f16",
  layout: "batch-last",
  cause: "budget",
  reason: "no time",
} as const;
const lines = (...records: readonly object[]): string =>
  records.map((record) => formatRecord(record as ResultRecord)).join("");

describe("reading results", () => {
  it("returns what was written", () => {
    expect(parseResults(lines(run, { record: "case", ...item }, end))).toEqual(results);
  });

  it("counts the later of two records on one case, and a measured one over a skipped one", () => {
    const measured = { ...item, chain: skip.chain, batch: 4, dtype: "f16", verifiedVectors: 4 };
    const later = { ...item, verifiedVectors: 99 };
    const read = parseResults(
      lines(
        run,
        skip,
        { record: "case", ...item },
        { record: "resume", date: "", load: { average: 1, busy: null } },
        { record: "case", ...measured },
        { record: "case", ...later },
        end,
      ),
    );
    expect(read.cases.map(({ verifiedVectors }) => verifiedVectors)).toEqual([99, 4]);
    expect(read.skipped).toEqual([]);
    expect(read.resumed).toBe(1);
  });

  it("loses a line that was cut off, and that line alone", () => {
    const whole = lines(run, skip, { record: "case", ...item });
    for (const length of [whole.length - 2, whole.length - 300]) {
      const read = parseResults(whole.slice(0, length));
      expect(read).toMatchObject({ cases: [], damagedLines: [3], complete: false });
      expect(read.skipped).toHaveLength(1);
    }
    const middle = `${lines(run)}{"record":"ca\n${lines({ record: "case", ...item })}`;
    expect(parseResults(middle)).toMatchObject({ cases: [item], damagedLines: [2] });
  });

  it("reads a byte-order mark, other line ends and a last line without one", () => {
    const whole = lines(run, { record: "case", ...item }, end);
    for (const text of [`\uFEFF${whole}`, whole.replaceAll("\n", "\r\n"), whole.trimEnd()]) {
      expect(parseResults(text)).toEqual(results);
    }
  });

  it("takes a second header of the same run for a resumption, and for nothing where it is equal", () => {
    const item2 = { ...item, batch: item.batch + 1 };
    const both = [
      { record: "case", ...item },
      { record: "case", ...item2 },
    ];
    const [first, second] = both as [object, object];
    expect(parseResults(lines(run, first, run, second, end))).toEqual({
      ...results,
      cases: [item, item2],
    });
    const later = { ...run, environment: { ...environment, date: "2026-01-03T00:00:00.000Z" } };
    expect(parseResults(lines(run, later, first, second, end))).toEqual({
      ...results,
      cases: [item, item2],
      resumed: 1,
    });
  });

  it("does not count a line as damaged after which the run was resumed", () => {
    const resume = { record: "resume", date: "", load: { average: 1, busy: null } };
    const text = `${lines(run)}{"record":"ca\n{"rec\n${lines(resume, { record: "case", ...item })}`;
    expect(parseResults(text)).toMatchObject({ cases: [item], damagedLines: [2], resumed: 1 });
  });

  it("refuses what is not JSON, another version, and what does not fit", () => {
    expect(() => parseResults("{")).toThrow(code("RESULTS_SYNTAX"));
    expect(() => parseResults("")).toThrow(code("RESULTS_SYNTAX"));
    for (const version of [1, 3]) {
      const other = `{"schema":"papilio-bench/${version}"}`;
      expect(() => parseResults(other)).toThrow(code("RESULTS_VERSION"));
    }
    for (const hostile of [
      "null",
      "[]",
      "7",
      '{"schema":5}',
      lines(end),
      lines(run, { ...run, options: { ...options, seed: 2 } }),
      lines(run, { record: "case", ...item, chain: 5 }),
      lines(run, { record: "case", ...item, chain: "" }),
      lines(run, { record: "case", ...item, chain: "0,1,1,1" }),
      lines(run, { record: "case", ...item, chain: "1,2,2,4;1,3,3,3" }),
      lines(run, { record: "skip", ...item, chain: "1,9007199254740991,2,1" }),
      lines(run, { record: "unheard of" }),
    ]) {
      expect(() => parseResults(hostile), hostile).toThrow(code("RESULTS_INVALID"));
    }
  });

  it("names the line and the place that do not fit", () => {
    const text = lines(run, { record: "case", ...item, batch: -1 });
    expect(() => parseResults(text)).toThrow(/line 2, batch/);
  });

  it("keeps six significant digits of what is measured, and whole numbers whole", () => {
    const precise = { ...skip, batch: 123_456_789, reason: "x" };
    expect(formatRecord(precise)).toContain('"batch":123456789');
    const load = { average: 0.123456789, busy: 1e-7 / 3 };
    expect(formatRecord({ record: "resume", date: "", load })).toContain(
      '"load":{"average":0.123457,"busy":3.33333e-8}',
    );
  });
});
