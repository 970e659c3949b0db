import { describe, expect, it } from "vitest";
import { runCase } from "./fuzz.ts";
import { judge, type Verdict } from "./judge.ts";
import { openSubjects } from "./subjects.ts";

const subjects = openSubjects();

describe("files that were changed", () => {
  it.each(subjects)("are read before they are: $name", async ({ name, read, seeds }) => {
    const refused: Verdict[] = [];
    for (const seed of seeds) {
      const verdict = await judge(read, seed);
      expect(verdict).not.toHaveProperty("failure");
      if (verdict.refused !== undefined) refused.push(verdict);
    }
    // Of servers that redirect without end, and that have no such file.
    expect(refused).toHaveLength(name === "HTTP" ? 2 : 0);
  });

  it("are read or refused with a code, in bounds of time and memory", async () => {
    const failures: unknown[] = [];
    for (let index = 0; index < 600; index++) {
      const verdict = await runCase(subjects, 1, index);
      if (verdict.failure !== undefined) failures.push({ index, ...verdict });
    }
    expect(failures).toEqual([]);
  });
});

describe("the judge of readers", () => {
  it("fails what throws without a code, takes too long, or too much memory", async () => {
    const file = new Uint8Array(1);
    expect(await judge(() => JSON.parse("{"), file)).toMatchObject({
      failure: expect.stringContaining("SyntaxError"),
    });
    const kept: Uint8Array[] = [];
    expect(await judge(() => kept.push(new Uint8Array(2 ** 27)), file)).toMatchObject({
      failure: expect.stringMatching(/128 MiB for 1 bytes/),
    });
    expect(await judge(() => 1, file)).toEqual({
      seconds: expect.any(Number),
      growth: expect.any(Number),
    });
  });
});
