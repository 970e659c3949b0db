import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseResults } from "@papilio/bench";
import { afterAll, describe, expect, it } from "vitest";

const main = join(import.meta.dirname, "main.ts");
const flags = ["--conditions=@papilio/source", main];
const adapter = ["--adapter", process.env.PAPILIO_ADAPTER ?? "auto"];
const folder = mkdtempSync(join(tmpdir(), "papilio-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));

function papilio(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [...flags, ...args, ...adapter], { encoding: "utf8" });
}

describe("papilio bench", () => {
  it("verifies, times, prints a table and writes results that it can read", () => {
    const output = join(folder, "results.json");
    const { status, stdout, stderr } = papilio(
      "bench",
      "--pattern",
      "2,8,4,4",
      "--batch",
      "16,32",
      "--rounds",
      "2",
      "--json",
      output,
    );
    expect(stderr).toContain("Adapter: ");
    expect(stderr).toContain("4 of 4 cases");
    expect(status).toBe(0);
    expect(stdout).toContain("2,8,4,4 x 32 f32 batch-last");
    expect(stdout).toMatch(/fastest of all in \d of 4 cases/);
    const results = parseResults(readFileSync(output, "utf8"));
    expect(results.complete).toBe(true);
    expect(results.cases.length).toBe(4);
    const summary = spawnSync(process.execPath, [...flags, "summary", output], {
      encoding: "utf8",
    });
    expect(summary.stdout).toContain(`Adapter: ${results.environment.adapter.name}`);
  });

  it("prints nothing but JSON on stdout with --json -", () => {
    const { status, stdout } = papilio(
      "bench",
      "--pattern",
      "1,2,2,2",
      "--batch",
      "4",
      "--layout",
      "batch-last",
      "--rounds",
      "1",
      "--implementation",
      "kronecker-sparse",
      "--json",
      "-",
    );
    expect(status).toBe(0);
    expect(parseResults(stdout).cases.length).toBe(1);
  });

  it("refuses sizes over the device's limits before any work", () => {
    const { status, stderr } = papilio("bench", "--pattern", "1,512,512,512", "--batch", "100000");
    expect(stderr).toMatch(/papilio: error BUFFER_TOO_LARGE: .+ Hint: /);
    expect(stderr).not.toContain(" cases");
    expect(status).toBe(2);
  });

  it("keeps what was measured when it is interrupted", async () => {
    const output = join(folder, "stopped.json");
    const child = spawn(
      process.execPath,
      [
        ...flags,
        "bench",
        "--pattern",
        "2,8,4,4",
        "--batch",
        Array.from({ length: 40 }, (_, index) => index + 8).join(","),
        "--implementation",
        "kronecker-sparse",
        "--json",
        output,
        ...adapter,
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    child.stderr.on("data", (chunk: Buffer) => {
      if (chunk.includes("2 of 80 cases")) child.kill("SIGINT");
    });
    const [status] = await once(child, "close");
    expect(status).toBe(1);
    const results = parseResults(readFileSync(output, "utf8"));
    expect(results.complete).toBe(false);
    expect(results.cases.length).toBeGreaterThanOrEqual(2);
    expect(results.cases.length).toBeLessThan(80);
  });
});

describe("papilio doctor", () => {
  it("names the adapter and gives a verdict from a computation", () => {
    const { status, stdout } = papilio("doctor", "--json");
    expect(status).toBe(0);
    const diagnosis = JSON.parse(stdout) as {
      verdict: string;
      errorOverBound: number;
      adapter: { name: string; kind: string };
      advice: string[];
    };
    expect(diagnosis.verdict).toBe("works");
    expect(diagnosis.errorOverBound).toBeGreaterThan(0);
    expect(diagnosis.errorOverBound).toBeLessThanOrEqual(1);
    expect(diagnosis.adapter.name).not.toBe("");
    expect(diagnosis.advice.length > 0).toBe(diagnosis.adapter.kind === "software");
  });

  it("says why when there is no such adapter", () => {
    const { status, stdout } = spawnSync(
      process.execPath,
      [...flags, "doctor", "--adapter", "no such adapter"],
      { encoding: "utf8" },
    );
    expect(stdout).toContain("Verdict    no adapter");
    expect(stdout).toContain("ADAPTER_NOT_FOUND");
    expect(status).toBe(1);
  });
});
