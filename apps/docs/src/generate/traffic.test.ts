import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { trafficPart } from "./traffic.ts";

const file = resolve(import.meta.dirname, "../../../../results/sectors.json");

interface Row {
  readonly chain: string;
  readonly dtype: string;
  readonly layout: string;
  readonly implementation: string;
  readonly batch: number;
  readonly least: number;
  readonly memory: number;
  readonly workgroups: number;
  readonly needed: number;
  readonly accesses: number;
  readonly asked: number;
}

describe("the page of bytes moved", () => {
  const { rows } = JSON.parse(readFileSync(file, "utf8")) as { rows: Row[] };
  const page = trafficPart(file);

  it("is of six implementations, forty patterns, both layouts and precisions", () => {
    expect(new Set(rows.map(({ implementation }) => implementation)).size).toBe(6);
    expect(new Set(rows.map(({ chain }) => chain)).size).toBe(40);
    expect(rows.length).toBe(6 * 40 * 4);
    for (const dtype of ["f32", "f16"]) {
      for (const layout of ["batch-first", "batch-last"]) {
        const section = page.split(`### ${dtype}, ${layout}\n`)[1]?.split("###")[0] ?? "";
        expect(section.match(/^\| [\d,]+ \|/gm)).toHaveLength(40);
      }
    }
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });

  it("says how many cases of the fused kernel are within a tenth of the least", () => {
    const own = rows.filter(({ implementation }) => implementation === "kronecker-sparse");
    const within = (figure: (row: Row) => number): string =>
      `${own.filter((row) => figure(row) <= 1.1).length} of ${own.length} cases are within`;
    expect(page).toContain(`between memory and caches, ${within((row) => row.memory / row.least)}`);
    expect(page).toContain(`into its workgroups, ${within((row) => row.workgroups / row.needed)}`);
    const each = within((row) => row.accesses / row.asked);
    expect(page).toContain(`in each access of a subgroup, ${each}`);
  });

  it("has the least that the sizes of a case give", () => {
    for (const { chain, batch, dtype, least } of rows) {
      const [a = 0, b = 0, c = 0, d = 0] = chain.split(",").map(Number);
      const bytes = dtype === "f32" ? 4 : 2;
      expect(least).toBe(bytes * (a * b * c * d + batch * a * d * (b + c)));
    }
  });
});
