import { resolve } from "node:path";
import { expect, it } from "vitest";
import { fewBitsProductsParts } from "./few-bits-products.ts";

it("products by operands of few bits are told by batch and by pattern, on the CPU and on an adapter", () => {
  const parts = fewBitsProductsParts(resolve(import.meta.dirname, "../../../../results"));
  const overview = parts.get("results/few-bits-products.md") ?? "";
  expect(overview.match(/^\| `cpu-(q8|q4|bipolar-w\da\d)` \| /gm)).toHaveLength(6);
  expect(overview.match(/^\| `bipolar-w\da\d` \| /gm)).toHaveLength(4);
  const patterns = parts.get("results/few-bits-products-by-pattern.md") ?? "";
  const rows = patterns.match(/^\| [\d,]+ x \d+ \| /gm) ?? [];
  // A case without a time of float32 is left out.
  expect(rows.length).toBeGreaterThan(80);
  expect(new Set(rows).size).toBe(11 * 3);
  expect(overview + patterns).not.toMatch(/NaN|undefined|Infinity/);
});
