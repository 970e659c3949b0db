import { describe, expect, it } from "vitest";
import { testAdapter } from "../testing/results.ts";
import { COMPETITORS, syntheticRun } from "../testing/synthetic-run.ts";
import { mergeResults } from "./merge-results.ts";
import type { BenchResults } from "./results.ts";

const whole = syntheticRun({ cases: 12, implementations: COMPETITORS.slice(0, 2) });
const part = (from: number, to: number, more: Partial<BenchResults> = {}): BenchResults => ({
  ...whole,
  cases: whole.cases.slice(from, to),
  ...more,
});

describe("mergeResults", () => {
  it("puts the shards of a run together", () => {
    const merged = mergeResults([part(0, 5), part(5, 12)]);
    expect(merged).toEqual({ ...whole, resumed: 2 * whole.resumed });
  });

  it("leaves one part as it is", () => {
    expect(mergeResults([whole])).toBe(whole);
  });

  it("lets the later of two results of a case count, and a result rather than a skip", () => {
    const [first] = whole.cases as [BenchResults["cases"][0]];
    const again = { ...first, seconds: 99 };
    const { chain, batch, dtype, layout } = whole.cases[6] as BenchResults["cases"][0];
    const skip = { chain, batch, dtype, layout, cause: "budget", reason: "no time" } as const;
    const merged = mergeResults([
      part(0, 6, { skipped: [skip] }),
      part(6, 12, { skipped: [] }),
      part(0, 0, { cases: [again], skipped: [] }),
    ]);
    expect(merged.cases).toEqual([again, ...whole.cases.slice(1)]);
    expect(merged.skipped).toEqual([]);
  });

  it("tells in what the parts differ, and takes the worse of what must be one", () => {
    const { environment } = whole;
    const merged = mergeResults([
      part(0, 1, { environment: { ...environment, rates: null } }),
      part(1, 2, {
        complete: false,
        damagedLines: [7],
        implementations: [{ name: "mine", description: "", processor: "cpu" }],
        environment: {
          ...environment,
          date: "2025-01-01",
          command: "other",
          revision: null,
          load: { average: 3, busy: null },
          versions: { ...environment.versions, node: "22.0.0" },
        },
      }),
    ]);
    expect(merged).toMatchObject({
      complete: false,
      damagedLines: [7],
      environment: {
        date: "2025-01-01",
        command: `${environment.command}; other`,
        revision: "0123abc",
        load: { average: 3, busy: 0.01 },
        rates: environment.rates,
        versions: { node: "24.21.0; 22.0.0" },
      },
    });
    expect(merged.implementations.map(({ name }) => name)).toEqual([
      "kronecker-sparse",
      "bmm",
      "mine",
    ]);
  });

  it("refuses no parts, and parts of different adapters or drivers", () => {
    const { environment } = whole;
    const others = [{ name: "another" }, { driver: "newer" }].map((more) => ({
      ...testAdapter,
      ...more,
    }));
    for (const adapter of [...others, null]) {
      expect(() =>
        mergeResults([whole, part(0, 1, { environment: { ...environment, adapter } })]),
      ).toThrow(expect.objectContaining({ code: "MERGE_MIXED_ADAPTERS" }));
    }
    expect(() => mergeResults([])).toThrow(expect.objectContaining({ code: "MERGE_EMPTY" }));
  });
});
