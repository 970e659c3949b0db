import { readFileSync, writeFileSync } from "node:fs";
import type { TrafficResults } from "@papilio/bench/traffic";
import { describe, expect, it } from "vitest";
import { papilio } from "../testing/command-line.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = temporaryFolder();
const SMALL = ["bench-traffic", "--pattern", "2,4,4,4", "--batch", "64", "--dtype", "f32"];

describe("papilio bench-traffic", () => {
  it("shows how much more than the least every implementation moves", async () => {
    const { status, stdout } = await papilio(...SMALL, "--layout", "batch-last");
    expect(status).toBe(0);
    const rows = stdout.split("\n").filter((line) => /×/.test(line));
    expect(rows.map((row) => row.split("│")[2]?.trim())).toEqual([
      "kronecker-sparse",
      "bmm",
      "bsr",
      "csr",
      "dense",
      "einsum",
    ]);
    // Each shuffle reads and writes all vectors once more: 2 of 64 x 32 x 4 bytes, twice, over 2 of those and the values.
    const least = 2 * 64 * 32 * 4 + 2 * 4 * 4 * 4 * 4;
    const bmm = (least + 2 * 2 * 64 * 32 * 4) / least;
    expect(rows[1]).toContain(`×${bmm.toFixed(2)}`);
    expect(rows[0]).toContain("│ ×1.00  │");
    expect(stdout).toContain("overfetch: ");
  });

  it("writes the counts as JSON, over its own files alone", async () => {
    const path = folder.at("traffic.json");
    const args = [...SMALL, "--implementation", "bmm", "--json", path];
    expect(await papilio(...args)).toMatchObject({ status: 0 });
    expect(await papilio(...args)).toMatchObject({ status: 0 });
    const { schema, workgroups, rows } = JSON.parse(readFileSync(path, "utf8")) as TrafficResults;
    expect({ schema, workgroups }).toEqual({ schema: "papilio-traffic/1", workgroups: 8 });
    expect(rows).toMatchObject([
      { chain: "2,4,4,4", layout: "batch-first", implementation: "bmm", kernels: { length: 3 } },
      { chain: "2,4,4,4", layout: "batch-last", implementation: "bmm" },
    ]);
    writeFileSync(path, "another's");
    expect(await papilio(...args)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("OUTPUT_EXISTS"),
    });
    expect(readFileSync(path, "utf8")).toBe("another's");
  });

  it("prints nothing but JSON with --json -, and says what a buffer cannot hold", async () => {
    const { stdout } = await papilio(
      ...["bench-traffic", "--pattern", "1,64,64,64", "--batch", "1000000", "--dtype", "f32"],
      ...["--layout", "batch-last", "--implementation", "einsum", "--json", "-"],
    );
    const { rows } = JSON.parse(stdout) as TrafficResults;
    expect(rows).toMatchObject([
      { implementation: "einsum", skipped: expect.stringMatching(/GiB|bytes/) },
    ]);
  });

  it.each([
    [["--implementation", "planned"], "FLAG_INVALID"],
    [["--workgroups", "0"], "FLAG_INVALID"],
    [["--pattern", "1,4,4,4;4,4,4,1"], "TRAFFIC_OF_CHAIN"],
    [["--suite", "none"], "SUITE_UNKNOWN"],
  ])("refuses %j with %s", async (flags, code) => {
    const { status, stderr, stdout } = await papilio("bench-traffic", ...flags);
    expect(stderr).toContain(`error ${code}`);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });
});
