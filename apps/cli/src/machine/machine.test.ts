import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { gitRevision, lastLevelCache, measureLoad } from "./machine.ts";

const folder = temporaryFolder();

describe("the last-level cache", () => {
  it("is the largest that the processor describes", () => {
    for (const [name, size] of [
      ["index0", "32K\n"],
      ["index3", "36M\n"],
      ["index2", "1024K\n"],
      ["other", "1G\n"],
    ] as const) {
      folder.write(`${name}/size`, size);
    }
    expect(lastLevelCache(folder.path)).toBe(36 * 2 ** 20);
  });

  it("is unknown where nothing describes it", () => {
    expect(lastLevelCache(folder.at("missing"))).toBeNull();
    expect(lastLevelCache(folder.at("index0"))).toBeNull();
  });
});

describe("the revision", () => {
  it("is that of a tracked package, and of no other folder", () => {
    expect(gitRevision(join(import.meta.dirname, "../.."))).toMatch(/^[0-9a-f]{12}\+?$/);
    expect(gitRevision(folder.path)).toBeNull();
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
