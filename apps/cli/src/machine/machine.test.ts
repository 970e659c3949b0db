import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { gitRevision, lastLevelCache, measureLoad } from "./machine.ts";

const folder = mkdtempSync(join(tmpdir(), "papilio-machine-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("the last-level cache", () => {
  it("is the largest that the processor describes", () => {
    for (const [name, size] of [
      ["index0", "32K\n"],
      ["index3", "36M\n"],
      ["index2", "1024K\n"],
      ["other", "1G\n"],
    ] as const) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, "size"), size);
    }
    expect(lastLevelCache(folder)).toBe(36 * 2 ** 20);
  });

  it("is unknown where nothing describes it", () => {
    expect(lastLevelCache(join(folder, "missing"))).toBeNull();
    expect(lastLevelCache(join(folder, "index0"))).toBeNull();
  });
});

describe("the revision", () => {
  it("is that of a tracked package, and of no other folder", () => {
    expect(gitRevision(join(import.meta.dirname, "../.."))).toMatch(/^[0-9a-f]{12}\+?$/);
    expect(gitRevision(folder)).toBeNull();
    expect(gitRevision(import.meta.dirname)).toBeNull();
  });
});

describe("the load", () => {
  it("is a share of the processors' time", async () => {
    const { busy } = await measureLoad();
    expect(busy).toBeGreaterThanOrEqual(0);
    expect(busy).toBeLessThanOrEqual(1);
  });
});
