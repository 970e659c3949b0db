import type { Selection } from "@papilio/bench/select";
import { describe, expect, it } from "vitest";
import { adapterFlags, type Finished, papilio } from "../testing/command-line.ts";

const select = (...args: readonly string[]): Promise<Finished> =>
  papilio("select", ...args, ...adapterFlags);

describe("papilio select on an adapter", () => {
  it("answers by the model without results, and says so", async () => {
    const { status, stdout } = await select("--pattern", "4,16,16,4", "--layout", "batch-last");
    expect(stdout).toContain("by the cost model alone");
    expect(stdout).toContain("How sure that is, nothing tells.");
    expect(status).toBe(0);
  });

  it("answers from a measurement of its own", async () => {
    const { status, stdout, stderr } = await select(
      "--chain",
      "1,4,4,4;4,4,4,1",
      "--batch",
      "16",
      "--layout",
      "batch-last",
      "--implementation",
      "kronecker-sparse,bmm",
      "--measure",
      "--json",
    );
    expect(stderr).toContain("Measuring 1 of 1 cases");
    expect(status).toBe(0);
    const { answers } = JSON.parse(stdout) as { answers: { selection: Selection }[] };
    const selection = answers[0]?.selection;
    expect(selection?.basis).toBe("measured");
    expect(selection?.candidates.map(({ implementation }) => implementation).sort()).toEqual([
      "bmm",
      "kronecker-sparse",
    ]);
    expect(selection?.confidence).toBeGreaterThan(0);
  });

  it("refuses what the adapter cannot hold, and passes it over in a list", async () => {
    const { status, stderr } = await select("--pattern", "1,512,512,512", "--batch", "100000");
    expect(stderr).toMatch(/papilio: error BUFFER_TOO_LARGE: .+ Hint: /);
    expect(status).toBe(2);
    const list = await select("--layers", "vit-s-16", "--batch", "100000000");
    expect(list.stdout).toContain("No answer for up: ");
    expect(list.status).toBe(0);
  });
});
