import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CaseResult, Environment } from "@papilio/bench/results";
import type { AdapterReport } from "@papilio/gpu-runtime";
import { describe, expect, it } from "vitest";
import { type Finished, papilio } from "../testing/command-line.ts";
import { RUN, timed } from "../testing/results-records.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const main = join(import.meta.dirname, "../main.ts");
const folder = temporaryFolder();

/** Runs the command in the test's folder. */
async function report(...args: readonly string[]): Promise<Finished> {
  const before = process.cwd();
  process.chdir(folder.path);
  try {
    return await papilio("report", ...args);
  } finally {
    process.chdir(before);
  }
}

const adapter = { ...(RUN.environment.adapter as AdapterReport), name: "test adapter" };
const environment: Environment = { ...RUN.environment, adapter };

/** A results file with one case. */
function file(name: string, chain: string, adapterName: string = adapter.name): string {
  const item: CaseResult = {
    chain,
    batch: 128,
    dtype: "f32",
    layout: "batch-last",
    verifiedVectors: 8,
    inputs: 1,
    seconds: 1,
    results: [timed("kronecker-sparse", 1e-3), timed("bmm", 2e-3)],
  };
  const run = {
    ...RUN,
    environment: { ...environment, adapter: { ...adapter, name: adapterName } },
  };
  const lines = [run, { record: "case", ...item }, { record: "end", date: environment.date }];
  return folder.write(name, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}

const one = file("one.jsonl", "4,8,8,4");
const two = file("two.jsonl", "2,16,16,2");
const other = file("other.jsonl", "2,16,16,2", "another adapter");

describe("papilio report", () => {
  it("writes a page, and its path to stdout", async () => {
    const { status, stdout, stderr } = await report(one);
    expect(stderr).toBe("Drawing 1 case of test adapter.\n");
    expect({ status, stdout }).toEqual({ status: 0, stdout: "report.html\n" });
    expect(readFileSync(folder.at("report.html"), "utf8")).toMatch(/^<!doctype html>/);
  });

  it("merges files, and writes figures and Markdown that links to them", async () => {
    const { status, stdout } = await report(
      ...[one, two, "--out", "merged.html", "--svg", "the figures", "--markdown", "merged.md"],
    );
    expect(status).toBe(0);
    const figures = readdirSync(folder.at("the figures"));
    expect(figures).toContain("speedup.svg");
    expect(stdout.trim().split("\n").sort()).toEqual(
      ["merged.html", "merged.md", ...figures.map((name) => join("the figures", name))].sort(),
    );
    expect(readFileSync(folder.at("merged.html"), "utf8")).toContain("2 cases");
    const markdown = readFileSync(folder.at("merged.md"), "utf8");
    expect(markdown).toContain("(<the%20figures/speedup.svg>)");
  });

  it("makes a report of what bench-model wrote, and refuses a mixture", async () => {
    const models = join(import.meta.dirname, "../../../../results/vit-s16-lavapipe.json");
    const { status, stdout } = await report(
      ...[models, "--out", "models.html", "--markdown", "models.md"],
    );
    expect({ status, stdout }).toEqual({ status: 0, stdout: "models.html\nmodels.md\n" });
    expect(readFileSync(folder.at("models.html"), "utf8")).toMatch(/^<!doctype html>/);
    const markdown = readFileSync(folder.at("models.md"), "utf8");
    const { variants } = JSON.parse(readFileSync(models, "utf8")) as {
      variants: { engine: string; linear: string; layout: string | null; wall: number[] }[];
    };
    for (const { engine, linear, layout, wall } of variants) {
      const name = [engine, "adapter", linear, "f32", ...(layout === null ? [] : [layout])];
      const median = wall.toSorted((p, q) => p - q)[(wall.length - 1) / 2] as number;
      expect(markdown).toMatch(
        new RegExp(`\\| ${name.join(" ")} \\|.*\\| ${median.toPrecision(3)} s \\|`),
      );
    }
    const mixed = await report(one, models, "--out", "mixed.html");
    expect(mixed.stderr).toContain("papilio: error RESULTS_MIXED: ");
    expect(mixed.status).toBe(2);
  });

  it.each([
    [[], "USAGE"],
    [[folder.at("missing.jsonl")], "INPUT_UNREADABLE"],
    [[main], "RESULTS_SYNTAX"],
    [[one, other], "MERGE_MIXED_ADAPTERS"],
    [[one, "--out", folder.at("no", "folder.html")], "OUTPUT_UNWRITABLE"],
    [[one, "--svg", one], "OUTPUT_UNWRITABLE"],
    [[one, two, "--out", two], "OUTPUT_IS_INPUT"],
    [[one, "--markdown", "./one.jsonl"], "OUTPUT_IS_INPUT"],
  ])("%j is refused in one line, with status 2", async (args, code) => {
    const before = readFileSync(one, "utf8");
    const { status, stdout, stderr } = await report("--out", "never.html", ...args);
    expect(stderr.trim().split("\n").at(-1)).toMatch(
      new RegExp(`^papilio: error ${code}: .+ Hint: .+$`),
    );
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(existsSync(folder.at("never.html"))).toBe(false);
    expect(readFileSync(one, "utf8")).toBe(before);
  });

  it("has help with examples", async () => {
    expect(await report("--help")).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/Examples:\n {2}papilio report/),
    });
  });
});
