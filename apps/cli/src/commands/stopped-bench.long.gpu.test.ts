import { parseResults } from "@papilio/bench/results";
import { describe, expect, it } from "vitest";
import { adapterFlags, papilio } from "../testing/command-line.ts";
import { expectKeptOn } from "../testing/stopped-bench.ts";

it.each(["SIGINT", "SIGTERM"] as const)("bench keeps what was measured on %s", expectKeptOn);

describe.runIf(process.platform === "linux")("results that go to no file", () => {
  const args = ["bench", "--pattern", "2,8,4,4", "--batch", "8", "--layout", "batch-last"];
  const few = [...args, "--implementation", "kronecker-sparse", "--rounds", "2", ...adapterFlags];

  it("fail with a code where a device takes none", async () => {
    const { status, stderr } = await papilio(...few, "--json", "/dev/full");
    expect(stderr).toMatch(/papilio: error DISK_FULL: The file \/dev\/full .+ Hint: /);
    expect(status).toBe(1);
  });

  it("are all that stdout holds where the path leads there", async () => {
    const { status, stdout } = await papilio(...few, "--json", "/dev/stdout");
    expect(status).toBe(0);
    expect(parseResults(stdout)).toMatchObject({ complete: true, damagedLines: [] });
  });
});
