import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseResults } from "@papilio/bench/results";
import { describe, expect, it } from "vitest";
import { papilio, papilioProcess } from "./testing/command-line.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";

const main = join(import.meta.dirname, "main.ts");
const folder = temporaryFolder();

describe("input that cannot be used", () => {
  it.each([
    [["bench", "--patern", "1,2,3,4"], "USAGE"],
    [["frobnicate"], "USAGE"],
    [["report"], "USAGE"],
    [["bench", "--pattern", "4,64,64"], "PATTERN_SYNTAX"],
    [["bench", "--pattern", "4,0,64,4"], "PATTERN_INVALID"],
    [["bench", "--batch", "0"], "FLAG_INVALID"],
    [["bench", "--batch", "1.5"], "FLAG_INVALID"],
    [["bench", "--rounds", "many"], "FLAG_INVALID"],
    [["bench", "--dtype", "f128"], "FLAG_INVALID"],
    [["bench", "--layout", "sideways"], "FLAG_INVALID"],
    [["bench", "--suite", "nothing"], "SUITE_UNKNOWN"],
    [["bench", "--pattern", "1,2,2,4;1,3,3,3"], "CHAIN_NOT_CHAINABLE"],
    [["bench", "--shard", "3/2"], "FLAG_INVALID"],
    [["bench", "--shard", "1/2/3"], "FLAG_INVALID"],
    [["bench", "--time-budget", "1 day"], "FLAG_INVALID"],
    [["bench", "--max-run", "0s"], "FLAG_INVALID"],
    [["bench", "--images", "8"], "USAGE"],
    [["bench-model", "vit-s16", "--pattern", "1,2,2,2"], "USAGE"],
    [["bench", "--implementation", "magic"], "IMPLEMENTATION_UNKNOWN"],
    [["bench", "--json", folder.at("no", "folder.json")], "OUTPUT_UNWRITABLE"],
    [["report", folder.at("missing.json"), "--out", folder.at("r.html")], "INPUT_UNREADABLE"],
    [["report", main, "--out", folder.at("r.html")], "RESULTS_SYNTAX"],
  ])("%j is one line with the code, and status 2", async (args, code) => {
    const { status, stdout, stderr } = await papilio(...args);
    expect(stderr).toMatch(new RegExp(`^papilio: error ${code}: .+ Hint: .+\\n$`));
    expect(status).toBe(2);
    expect(stdout).toBe("");
  });

  it.each([
    ["inspect", "https://user:s3cret@example.org/a.npy"],
    ["factorize", "ftp://user:s3cret@example.org/a.npy"],
    ["run", "https://user:s3cret@example.org/model", "--input", "ids=x.npy"],
    ["bench", "--json", "https://user:s3cret@example.org/r.jsonl"],
    ["bench", "--implementation", "https://user:s3cret@example.org/a.ts"],
  ])("shows no password of an address that is not a file: %s %s", async (...args) => {
    const { status, stderr } = await papilio(...args);
    expect(status).toBe(2);
    expect(stderr).toContain("example.org");
    expect(stderr).not.toContain("s3cret");
  });

  it("leaves no file behind where the output was to go", async () => {
    const output = folder.at("new.json");
    await papilio("bench", "--json", output, "--adapter", "no such adapter");
    expect(existsSync(output)).toBe(false);
  });
});

describe("bench --backend cpu", () => {
  it("opens no adapter, and measures what computes on the CPU", async () => {
    const { status, stdout, stderr } = await papilio(
      ...["bench", "--backend", "cpu", "--pattern", "2,8,4,4", "--batch", "8", "--rounds", "1"],
      ...["--layout", "batch-last", "--implementation", "cpu-wasm", "--no-energy", "--json", "-"],
    );
    expect(stderr).toMatch(/^No adapter: the CPU, \d+ x /m);
    const { environment, cases } = parseResults(stdout);
    expect(environment).toMatchObject({ adapter: null, rates: null, clockSteps: { device: null } });
    expect(cases).toMatchObject([{ results: [{ implementation: "cpu-wasm", status: "timed" }] }]);
    expect(status).toBe(0);
  });
});

describe("help", () => {
  it.each([[[]], [["bench"]], [["bench-model"]], [["bench-traffic"]], [["doctor"]], [["report"]]])(
    "of %j has examples",
    async (command) => {
      const { status, stdout } = await papilio(...command, "--help");
      expect(status).toBe(0);
      expect(stdout).toMatch(/Examples?:\n {2}papilio /);
    },
  );

  it("tells the version, in a process of its own", () => {
    expect(papilioProcess("--version")).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });

  it("ends a process with the status and the line on stderr", () => {
    const { status, stdout, stderr } = papilioProcess("frobnicate");
    expect(stderr).toMatch(/^papilio: error USAGE: .+ Hint: .+\n$/);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });
});
