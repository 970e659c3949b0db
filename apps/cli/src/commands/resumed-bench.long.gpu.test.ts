import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, readFileSync } from "node:fs";
import { caseName, parseResults } from "@papilio/bench/results";
import { describe, expect, it } from "vitest";
import { adapterFlags, commandLine, type Finished, papilio } from "../testing/command-line.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = temporaryFolder();

const onAdapter = (...args: readonly string[]): Promise<Finished> =>
  papilio(...args, ...adapterFlags);

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
