import { readFileSync } from "node:fs";
import { parseModelResults } from "@papilio/bench/results";
import { describe, expect, it } from "vitest";
import { papilio } from "../testing/command-line.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = temporaryFolder();
const TRAINING = ["bench-model", "llama-260k", "--training", "--tokens", "4", "--backend", "cpu"];

describe("papilio bench-model --training", () => {
  it("times steps, and writes results that it can read", async () => {
    const output = folder.at("training.json");
    const { status, stdout } = await papilio(...TRAINING, "--rounds", "2", "--json", output);
    expect(status).toBe(0);
    expect(stdout).toContain("llama-260k training: a step of training");
    expect(stdout).toContain("losses and norms of gradients of 3 steps of a small model compared");
    const { model, units, complete, variants } = parseModelResults(readFileSync(output, "utf8"));
    expect({ model, units, complete }).toEqual({
      ...{ model: "llama-260k training", units: 4, complete: true },
    });
    expect(variants.map(({ linear, processor }) => `${processor} ${linear}`)).toEqual([
      "cpu dense",
      "cpu butterfly",
    ]);
  });

  it.each([
    [["--engine", "onnxruntime"], "--engine is given with --training"],
    [["--dtype", "f16"], "--dtype is given with --training"],
    [["--verify", "2"], "--verify is given with --training"],
  ])("refuses %j, which training has no choice of", async (flags, problem) => {
    const { status, stderr } = await papilio(...TRAINING, ...flags);
    expect(status).toBe(2);
    expect(stderr).toContain("FLAG_INVALID");
    expect(stderr).toContain(problem);
  });

  it("refuses a model that is not trained", async () => {
    const { status, stderr } = await papilio("bench-model", "minilm-l6", "--training");
    expect(status).toBe(2);
    expect(stderr).toContain("MODEL_UNKNOWN");
  });
});
