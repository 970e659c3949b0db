import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Selection } from "@papilio/bench";
import { describe, expect, it } from "vitest";

const main = join(import.meta.dirname, "main.ts");
const adapter = ["--adapter", process.env.PAPILIO_ADAPTER ?? "auto"];

function papilio(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(
    process.execPath,
    ["--conditions=@papilio/source", main, "select", ...args, ...adapter],
    { encoding: "utf8" },
  );
}

describe("papilio select on an adapter", () => {
  it("answers by the model without results, and says so", () => {
    const { status, stdout } = papilio("--pattern", "4,16,16,4", "--layout", "batch-last");
    expect(stdout).toContain("by the cost model alone");
    expect(stdout).toContain("How sure that is, nothing tells.");
    expect(status).toBe(0);
  });

  it("answers from a measurement of its own", () => {
    const { status, stdout, stderr } = papilio(
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

  it("refuses what the adapter cannot hold, and passes it over in a list", () => {
    const { status, stderr } = papilio("--pattern", "1,512,512,512", "--batch", "100000");
    expect(stderr).toMatch(/papilio: error BUFFER_TOO_LARGE: .+ Hint: /);
    expect(status).toBe(2);
    const list = papilio("--layers", "vit-s-16", "--batch", "100000000");
    expect(list.stdout).toContain("No answer for up: ");
    expect(list.status).toBe(0);
  });
});
