import { describe, expect, it } from "vitest";
import { refusal } from "./testing/command-line.ts";

describe("what is misspelt", () => {
  it.each([
    [["factorise"], "factorize"],
    [["bench", "--bacth", "3"], "--batch"],
    [["bench", "--suite", "qiuck"], "quick"],
    [["bench-model", "vit-s61"], "vit-s16"],
    [["bench", "--implementation", "kronecker-sparce"], "kronecker-sparse"],
    [["bench", "--pattern", "1,2,2,1", "--dtype", "f23"], "f32"],
    [["bench", "--pattern", "1,2,2,1", "--layout", "batch-frist"], "batch-first"],
    [["bench", "--backend", "cup"], "cpu"],
    [["select", "--suite", "papr"], "paper"],
    [["doctor", "--jsn"], "--json"],
  ])("is shown what is near: %j", async (args, near) => {
    const { status, line } = await refusal(...args);
    expect(status).toBe(2);
    expect(line).toMatch(
      new RegExp(`^papilio: error [A-Z_]+: .* Hint: .*[Dd]id you mean ${near}\\?`),
    );
  });
});
