import { expect, it } from "vitest";
import { runCase } from "./fuzz.ts";
import { openSubjects } from "./subjects.ts";

const subjects = openSubjects();

it("fifty thousand changed files are read or refused with a code", async () => {
  const failures: unknown[] = [];
  for (let index = 0; index < 50_000; index++) {
    const verdict = await runCase(subjects, 2, index);
    if (verdict.failure !== undefined) failures.push({ index, ...verdict });
  }
  expect(failures.slice(0, 10)).toEqual([]);
});
