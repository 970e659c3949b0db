import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { entries } from "./testing/every-entry.ts";

const manifest = JSON.parse(
  readFileSync(join(import.meta.dirname, "../package.json"), "utf8"),
) as Record<"exports" | "publishConfig", Record<string, unknown>>;

it("the entries are those of package.json, as developed and as published", () => {
  const names = [...Object.keys(entries), "./node", "./package.json"].toSorted();
  expect(Object.keys(manifest.exports).toSorted()).toEqual(names);
  const published = manifest.publishConfig as { readonly exports: Record<string, unknown> };
  expect(Object.keys(published.exports).toSorted()).toEqual(names);
});

it("each name is exported by one entry", () => {
  const names = Object.values(entries).flatMap((entry) => Object.keys(entry));
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
