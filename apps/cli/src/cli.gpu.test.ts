import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, readFileSync } from "node:fs";
import { caseName, parseResults } from "@papilio/bench/results";
import { describe, expect, it } from "vitest";
import {
  adapterFlags,
  commandLine,
  type Finished,
  papilio,
  papilioInto,
} from "./testing/command-line.ts";
import { expectKeptOn } from "./testing/stopped-bench.ts";
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

  it("keeps what was measured on SIGINT", () => expectKeptOn("SIGINT"));
});

describe("a results file", () => {
  const output = folder.at("resumed.jsonl");
  const args = [
    "bench",
    "--pattern",
    "2,8,4,4",
    "--batch",
    "8,16",
    "--implementation",
    "kronecker-sparse,bmm",
    "--rounds",
    "2",
    "--json",
    output,
  ];

  it("goes on after the program was killed, a line that was cut off left out", async () => {
    const child = spawn(process.execPath, [...commandLine, ...args, ...adapterFlags], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    child.stderr.on("data", (chunk: Buffer) => {
      if (chunk.includes("2 of 4 cases")) child.kill("SIGKILL");
    });
    await once(child, "close");
    const before = parseResults(readFileSync(output, "utf8"));
    expect(before.complete).toBe(false);
    expect(before.cases.length).toBeGreaterThanOrEqual(2);
    appendFileSync(output, '{"record":"case","chain":"2,8,4');

    const { status, stderr } = await onAdapter(...args);
    expect(stderr).toContain(`Going on after ${before.cases.length} measured`);
    expect(status).toBe(0);
    const after = parseResults(readFileSync(output, "utf8"));
    expect(after).toMatchObject({ complete: true, resumed: 1, damagedLines: [] });
    expect(after.cases.map(caseName).toSorted()).toEqual(
      [8, 16]
        .flatMap((batch) => [
          `2,8,4,4 x ${batch} f32 batch-first`,
          `2,8,4,4 x ${batch} f32 batch-last`,
        ])
        .toSorted(),
    );
    // What was measured before is as it was.
    expect(after.cases.slice(0, before.cases.length)).toEqual(before.cases);
  });

  it("is not mixed with another run", async () => {
    const { status, stderr } = await onAdapter(...args, "--seed", "2");
    expect(stderr).toMatch(/papilio: error RESULTS_OTHER_RUN: .*other seed \(1 there\)/);
    expect(status).toBe(2);
  });

  it("is filled by shards and filters, each with its own cases", async () => {
    const names = async (...more: string[]): Promise<string[]> => {
      const { stdout } = await onAdapter(...quick, ...more);
      return parseResults(stdout).cases.map(caseName);
    };
    const quick = [
      "bench",
      "--pattern",
      "2,8,4,4",
      "--batch",
      "8,16,32",
      "--implementation",
      "kronecker-sparse",
      "--rounds",
      "1",
      "--json",
      "-",
    ];
    const parts: string[][] = [];
    // Of six cases four shards have two, two, one and one.
    for (const index of [1, 4]) parts.push(await names("--shard", `${index}/4`));
    expect(parts.map(({ length }) => length)).toEqual([2, 1]);
    expect(new Set(parts.flat()).size).toBe(3);
    expect(await names("--filter", "x 16 f32 batch-l")).toEqual(["2,8,4,4 x 16 f32 batch-last"]);
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
