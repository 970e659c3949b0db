import { readFileSync } from "node:fs";
import { parseResults } from "@papilio/bench/results";
import { describe, expect, it } from "vitest";
import { adapterFlags, type Finished, papilio, papilioInto } from "./testing/command-line.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";

const folder = temporaryFolder();

const onAdapter = (...args: readonly string[]): Promise<Finished> =>
  papilio(...args, ...adapterFlags);

describe("papilio bench", () => {
  it("verifies, times, prints a table and writes results that it can read", async () => {
    const output = folder.at("results.json");
    const { status, stdout, stderr } = await onAdapter(
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
    expect(stdout).toMatch(/│ 2,8,4,4 x 32 +│/);
    expect(stdout.replaceAll("\n", " ")).toMatch(
      /The fastest way on this machine is .+, fastest in \d of 4 cases\)/,
    );
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    const results = parseResults(readFileSync(output, "utf8"));
    expect(results.complete).toBe(true);
    expect(results.cases.length).toBe(4);
    const page = folder.at("report.html");
    const report = await papilio("report", output, "--out", page);
    expect(report).toMatchObject({ status: 0, stdout: `${page}\n` });
    expect(readFileSync(page, "utf8")).toContain(results.environment.adapter?.driver);
  });

  it("prints nothing but JSON on stdout with --json -", async () => {
    const { status, stdout } = await onAdapter(
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

  it("refuses sizes over the device's limits before any work", async () => {
    const { status, stderr } = await onAdapter(
      "bench",
      "--pattern",
      "1,512,512,512",
      "--batch",
      "100000",
    );
    expect(stderr).toMatch(/papilio: error BUFFER_TOO_LARGE: .+ Hint: /);
    expect(stderr).not.toContain(" cases");
    expect(status).toBe(2);
  });
});

describe.runIf(process.platform === "linux")("results that go to no file", () => {
  const args = ["bench", "--pattern", "2,8,4,4", "--batch", "8", "--layout", "batch-last"];
  const few = [...args, "--implementation", "kronecker-sparse", "--rounds", "2", ...adapterFlags];

  it("end the process with 1 when stdout cannot be written", () => {
    const { status, stderr } = papilioInto("/dev/full", ...few);
    expect(stderr).toMatch(/papilio: error DISK_FULL: Standard output .+ Hint: /);
    expect(status).toBe(1);
  });
});

describe("papilio doctor", () => {
  it("names the adapter and gives a verdict from a computation", async () => {
    const { status, stdout } = await onAdapter("doctor", "--json");
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

  it("says why when there is no such adapter", async () => {
    const { status, stdout } = await papilio("doctor", "--adapter", "no such adapter");
    expect(stdout).toContain("Verdict    no adapter");
    expect(stdout).toContain("ADAPTER_NOT_FOUND");
    expect(status).toBe(1);
  });
});
