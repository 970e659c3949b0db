import { expect, it } from "vitest";
import { MemoryTuningCache } from "./cache.ts";
import type { TuningKey } from "./key.ts";

function key(what: number): TuningKey {
  const same = { adapter: "a", vendor: "", architecture: "", driver: "", capabilities: "" };
  return { ...same, runtime: "", version: "", what: `${what}` };
}

it("forgets the winners that were used least recently", async () => {
  const cache = new MemoryTuningCache();
  for (let what = 0; what < 1500; what++) {
    await cache.set(key(what), what);
    expect(await cache.get(key(0))).toBe(0);
  }
  const kept: number[] = [];
  for (let what = 0; what < 1500; what++) {
    if ((await cache.get(key(what))) !== undefined) kept.push(what);
  }
  expect(kept).toHaveLength(1024);
  expect(kept.slice(0, 2)).toEqual([0, 1500 - 1023]);
});
