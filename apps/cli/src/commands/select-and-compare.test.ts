import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Comparison } from "@papilio/bench/analysis";
import type { Selection } from "@papilio/bench/select";
import { describe, expect, it } from "vitest";
import { papilio } from "../testing/command-line.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const main = join(import.meta.dirname, "../main.ts");
const folder = temporaryFolder();

// Kept in the repository: made on lavapipe.
const results = join(import.meta.dirname, "../../../../results/foundation-lavapipe.jsonl");
const offline = ["--offline", "--results", results];

describe("input that cannot be used", () => {
  const layers = folder.write("layers.json", '{"layers":[{"name":"a","chain":"1,2"}]}');
  it.each([
    [["select"], "FLAG_INVALID"],
    [["select", "--pattern", "4,64,64,4", "--suite", "quick"], "FLAG_INVALID"],
    [["select", "--pattern", "4,64,64"], "PATTERN_SYNTAX"],
    [["select", "--chain", "1,2,2,3;1,5,5,1"], "CHAIN_NOT_CHAINABLE"],
    [["select", "--pattern", "4,64,64,4", "--batch", "0"], "FLAG_INVALID"],
    [["select", "--pattern", "4,64,64,4", "--dtype", "f64"], "FLAG_INVALID"],
    [["select", "--pattern", "4,64,64,4", "--layout", "both"], "FLAG_INVALID"],
    [["select", "--suite", "nothing"], "SUITE_UNKNOWN"],
    [["select", "--layers", folder.at("missing.json")], "INPUT_UNREADABLE"],
    [["select", "--layers", main], "LAYERS_SYNTAX"],
    [["select", "--layers", layers], "LAYERS_INVALID"],
    [["select", "--pattern", "4,64,64,4", "--offline"], "FLAG_INVALID"],
    [["select", "--pattern", "4,64,64,4", "--measure", ...offline], "FLAG_INVALID"],
    [["select", "--pattern", "4,64,64,4", "--results", main], "RESULTS_SYNTAX"],
    [
      ["select", "--pattern", "4,64,64,4", "--implementation", "nobody", ...offline],
      "SELECTION_IMPOSSIBLE",
    ],
    [["compare"], "USAGE"],
    [["compare", results], "USAGE"],
    [["compare", results, main], "RESULTS_SYNTAX"],
    [["compare", results, folder.at("missing.json")], "INPUT_UNREADABLE"],
    [["compare", results, results, "--threshold", "ten"], "FLAG_INVALID"],
    [["compare", results, results, "--threshold", "0"], "FLAG_INVALID"],
    [["compare", results, results, "--threshold", "1e3"], "FLAG_INVALID"],
    [["compare", results, results, "--relative-to", "nobody"], "COMPARE_NOTHING"],
  ])("%j is one line with the code, and status 2", async (args, code) => {
    const { status, stdout, stderr } = await papilio(...args);
    expect(stderr).toMatch(new RegExp(`^papilio: error ${code}: .+ Hint: .+\\n$`));
    expect(status).toBe(2);
    expect(stdout).toBe("");
  });
});

const adapterOnly = ["--implementation", "kronecker-sparse,bmm,bsr,csr,dense,einsum"];

describe("papilio select", () => {
  it("names the CPU where the only adapter is software, also when it is asked for by name", async () => {
    const asked = ["--pattern", "4,64,64,4", "--layout", "batch-last", ...offline];
    const { status, stdout } = await papilio("select", ...asked);
    expect(stdout).toMatch(/^cpu-wasm, batch-last\n/);
    expect(stdout).toContain("cpu-wasm by its cost model");
    expect(status).toBe(0);
    const named = await papilio("select", ...asked, "--implementation", "cpu-wasm,bmm");
    expect(named.stdout).toMatch(/^cpu-wasm, batch-last\n/);
  });

  it("answers from the very case, with all candidates", async () => {
    const asked = ["--pattern", "4,64,64,4", "--dtype", "f32", "--layout", "batch-last"];
    const { status, stdout } = await papilio("select", ...asked, ...adapterOnly, ...offline);
    expect(stdout).toMatch(/^kronecker-sparse, batch-last\n/);
    expect(stdout).toContain("measured on llvmpipe");
    expect(stdout).toMatch(/with a probability of \d+ %/);
    expect(stdout).toContain("einsum");
    expect(status).toBe(0);
  });

  it("answers for a model's layers, one line each, from other cases", async () => {
    const { status, stdout } = await papilio(
      "select",
      "--layers",
      "vit-s-16",
      "--batch",
      "196",
      ...adapterOnly,
      ...offline,
    );
    expect(stdout).toContain("query, key, value, output: 1,192,48,2;2,48,192,1 x 196 f32");
    expect(stdout.match(/interpolated/g)).toHaveLength(3);
    expect(status).toBe(0);
  });

  it("prints JSON, and lets a layer's own batch and precision count more than the flags'", async () => {
    const layers = folder.write(
      "model.json",
      JSON.stringify({
        layers: [
          { name: "first", chain: "4,64,64,4", batch: 1024, dtype: "f16", layout: "batch-first" },
          { name: "second", chain: "4,64,64,4" },
        ],
      }),
    );
    const flags = ["--layers", layers, "--batch", "128", "--dtype", "f32", "--json"];
    const { stdout } = await papilio("select", ...flags, ...adapterOnly, ...offline);
    const { answers } = JSON.parse(stdout) as {
      answers: { name: string; selection: Selection }[];
    };
    expect(answers.map(({ name }) => name)).toEqual([
      "first: 4,64,64,4 x 1024 f16 batch-first",
      "second: 4,64,64,4 x 128 f32",
    ]);
    expect(answers.map(({ selection }) => selection.basis)).toEqual(["measured", "measured"]);
    expect(answers[0]?.selection.layout).toBe("batch-first");
  });
});

describe("papilio compare", () => {
  it("finds nothing between a run and itself", async () => {
    const { status, stdout } = await papilio("compare", results, results);
    expect(stdout).toContain(": 0 slower and 0 faster by more than 10 %");
    expect(status).toBe(0);
  });

  it("compares what bench-model wrote, and not with what it wrote of multiplications", async () => {
    const models = join(import.meta.dirname, "../../../../results/vit-s16-lavapipe.json");
    const { status, stdout } = await papilio("compare", models, models);
    expect(stdout).toContain("4 times compared: 0 slower and 0 faster by more than 10 %");
    expect(status).toBe(0);
    for (const pair of [
      [models, results],
      [results, models],
    ] as const) {
      const mixed = await papilio("compare", ...pair);
      expect(mixed.stderr).toMatch(/papilio: error RESULTS_(?:SYNTAX|INVALID|VERSION): /);
      expect(mixed.status).toBe(2);
    }
  });

  it("exits with 1 on a regression, and names it", async () => {
    const records = readFileSync(results, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const first = records.find(({ record }) => record === "case") as {
      results: { implementation: string; timing: Record<string, number[]> }[];
    };
    for (const { implementation, timing } of first.results) {
      if (implementation !== "kronecker-sparse") continue;
      for (const clock of ["wall", "device"]) {
        timing[clock] = (timing[clock] as number[]).map((seconds) => 100 * seconds);
      }
    }
    const lines = records.map((record) => `${JSON.stringify(record)}\n`);
    const after = folder.write("slower.jsonl", lines.join(""));
    const { status, stdout } = await papilio("compare", results, after);
    expect(stdout).toContain("Slower by more than 10 %:");
    expect(stdout).toMatch(/kronecker-sparse +│ 100\.000/);
    expect(status).toBe(1);

    const relative = await papilio("compare", results, after, "--relative-to", "bmm", "--json");
    expect(relative.status).toBe(1);
    const { regressions, compared } = JSON.parse(relative.stdout) as Comparison;
    expect(regressions.map(({ implementation }) => implementation)).toEqual(["kronecker-sparse"]);
    expect(compared.some(({ implementation }) => implementation === "bmm")).toBe(false);
  });
});

describe("help", () => {
  it.each(["select", "compare"])("of %s has examples", async (command) => {
    const { status, stdout } = await papilio(command, "--help");
    expect(status).toBe(0);
    expect(stdout).toMatch(/Examples:\n {2}papilio /);
  });
});
