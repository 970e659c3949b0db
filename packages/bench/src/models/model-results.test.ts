import { describe, expect, it } from "vitest";
import { testEnvironment } from "../testing/results.ts";
import { type ModelResults, parseModelResults, type VariantResult } from "./model-results.ts";
import { MODEL_HEAD, modelLines, modelRows } from "./model-table.ts";

const variantOf = (changes: Partial<VariantResult>): VariantResult => ({
  linear: "dense",
  dtype: "f32",
  layout: "batch-last",
  parameters: 22e6,
  linears: [{ rows: 384, cols: 384, product: "1,384,384,1", layers: 48, weights: 147_456 }],
  linearFlops: 9e9,
  verification: { ok: true, relativeError: 1e-6, bound: 1e-4, nonFinite: 0, units: 1 },
  dispatches: 100,
  rewrites: 2,
  bytes: 2 ** 20,
  peakBytes: 2 ** 21,
  compileSeconds: 0.1,
  firstRunSeconds: 0.2,
  repeats: 1,
  wall: [0.02, 0.021, 0.019],
  profile: [
    { part: "blocks.*.mlp.fc1", kind: "linear", seconds: 0.015 },
    { part: "attention", kind: "attention", seconds: 0.005 },
  ],
  ...changes,
});

const product = "1,192,48,2; 2,48,192,1";
const results: ModelResults = {
  schema: "papilio-models/1",
  environment: testEnvironment,
  options: { rounds: 3, minSample: 0.002, seed: 1 },
  model: "vit-s16",
  description: "a model",
  unit: "images",
  units: 8,
  complete: true,
  variants: [
    variantOf({}),
    variantOf({
      linear: "butterfly",
      linears: [{ rows: 384, cols: 384, product, layers: 48, weights: 36_864 }],
      wall: [0.01, 0.0101, 0.0099],
      profile: null,
    }),
    variantOf({
      linear: "butterfly",
      dtype: "f16",
      verification: { ok: false, relativeError: null, bound: 0.01, nonFinite: 3, units: 1 },
      repeats: null,
      wall: [],
      profile: null,
    }),
  ],
};

describe("results of models", () => {
  it("are read as they were written", () => {
    expect(parseModelResults(JSON.stringify(results))).toEqual(results);
  });

  it.each([
    ["RESULTS_SYNTAX", "{"],
    ["RESULTS_INVALID", "{}"],
    ["RESULTS_INVALID", JSON.stringify({ ...results, schema: "papilio-models/2" })],
    ["RESULTS_INVALID", JSON.stringify({ ...results, variants: [variantOf({ wall: [-1] })] })],
    ["RESULTS_INVALID", JSON.stringify({ ...results, units: 0 })],
  ])("are refused with %s", (code, json) => {
    expect(() => parseModelResults(json)).toThrow(expect.objectContaining({ code }));
  });

  it("become a table, and sentences on what was verified and where the time goes", () => {
    const rows = modelRows(results);
    expect(rows.map(({ length }) => length)).toEqual(rows.map(() => MODEL_HEAD.length));
    const column = (title: string): (string | undefined)[] =>
      rows.map((row) => row[MODEL_HEAD.indexOf(title)]);
    expect(column("median")).toEqual(["20.0 ms", "10.0 ms", "-"]);
    expect(column("speed-up")).toEqual(["-", "×2.00", "-"]);
    expect(column("linear")).toEqual(["75 %", "-", "-"]);
    expect(column("peak memory")).toEqual(["2.00 MiB", "2.00 MiB", "2.00 MiB"]);
    const lines = modelLines(results).join("\n");
    expect(lines).toContain("vit-s16: a model; 8 images a run.");
    expect(lines).toContain(`Butterfly 384 x 384: ${product}, 25 % of the weights; 48 layers.`);
    expect(lines).toContain("all 8 images compared with the CPU's, 1 of them different");
    expect(lines).toContain("WRONG butterfly f16 batch-last: error not finite");
    expect(lines).toContain("blocks.*.mlp.fc1 75 %, attention 25 %");
  });
});
