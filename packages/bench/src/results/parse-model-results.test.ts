import { describe, expect, it } from "vitest";
import { MODEL_HEAD, modelLines, modelRows, partRows } from "../models/model-table.ts";
import { product, modelResults as results, variantOf } from "../testing/model-results.ts";
import { isModelResults, parseModelResults } from "./parse-model-results.ts";

describe("results of models", () => {
  it("are distinguished from those of multiplications by their schema, whatever the order and the spaces", () => {
    expect(isModelResults(JSON.stringify(results))).toBe(true);
    expect(isModelResults(JSON.stringify(results, null, 2))).toBe(true);
    const { schema, ...rest } = results;
    expect(isModelResults(`\ufeff${JSON.stringify({ ...rest, schema }, null, 2)}`)).toBe(true);
    const other = {
      record: "run",
      schema: "papilio-bench/2",
      command: '"schema": "papilio-models/2"',
    };
    expect(isModelResults(`${JSON.stringify(other)}\n{}\n`)).toBe(false);
    expect(isModelResults(JSON.stringify({ schema: "papilio-bench/1" }, null, 2))).toBe(false);
    expect(isModelResults("")).toBe(false);
  });

  it("are read as they were written", () => {
    expect(parseModelResults(JSON.stringify(results))).toEqual(results);
  });

  it.each([
    ["RESULTS_SYNTAX", "{"],
    ["RESULTS_INVALID", "{}"],
    ["RESULTS_INVALID", JSON.stringify({ ...results, schema: "papilio-models/1" })],
    ["RESULTS_INVALID", JSON.stringify({ ...results, variants: [variantOf({ wall: [-1] })] })],
    ["RESULTS_INVALID", JSON.stringify({ ...results, units: 0 })],
  ])("are refused with %s", (code, json) => {
    expect(() => parseModelResults(json)).toThrow(expect.objectContaining({ code }));
  });

  it("say how near the parts of a run come to what the processor reaches", () => {
    expect(partRows(results)).toEqual([]);
    const profile = [
      { part: "fc1", kind: "linear", seconds: 0.03, flops: 3e9, bytes: 0 },
      { part: "rewrites", kind: "rewrite", seconds: 0.01, flops: 0, bytes: 5e7 },
    ] as const;
    const rates = { flopsPerSecond: 1e11, copyBytesPerSecond: 1e10 };
    const measured = {
      ...results,
      rates,
      variants: [variantOf({ processor: "cpu", threads: 2, layout: null, profile }), variantOf({})],
    };
    expect(parseModelResults(JSON.stringify(measured))).toEqual(measured);
    expect(partRows(measured)).toEqual([
      ["papilio cpu dense f32", "fc1", "30.0 ms", "75 %", "100 GFLOP/s", "50 %", "-", "-"],
      ["papilio cpu dense f32", "rewrites", "10.0 ms", "25 %", "-", "-", "5.00 GB/s", "50 %"],
    ]);
    expect(modelLines(measured).join("\n")).toContain("fc1 75 % at 100 GFLOP/s, rewrites 25 %.");
  });

  it("become a table, and sentences on what was verified and where the time goes", () => {
    const rows = modelRows(results);
    expect(rows.map(({ length }) => length)).toEqual(rows.map(() => MODEL_HEAD.length));
    const column = (title: string): (string | undefined)[] =>
      rows.map((row) => row[MODEL_HEAD.indexOf(title)]);
    expect(column("median")).toEqual(["20.0 ms", "10.0 ms", "-"]);
    expect(column("over dense")).toEqual(["-", "×2.00", "-"]);
    expect(column("linear")).toEqual(["75 %", "-", "-"]);
    expect(column("first answer")).toEqual(["300 ms", "300 ms", "300 ms"]);
    expect(column("peak memory")).toEqual(["2.00 MiB", "2.00 MiB", "2.00 MiB"]);
    const lines = modelLines(results).join("\n");
    expect(lines).toContain("vit-s16: a model; 8 images a run.");
    expect(lines).toContain(`Butterfly 384 x 384: ${product}, 25 % of the weights; 48 layers.`);
    expect(lines).toContain(
      "all 8 images compared with the reference in float64, which computed 1 image: the run repeats it",
    );
    expect(lines).toContain(
      "WRONG papilio adapter butterfly f16 batch-last: relative error not finite",
    );
    expect(lines).toContain("blocks.*.mlp.fc1 75 %, attention 25 %");
  });

  it("say how many times as fast as ONNX Runtime with dense layers each is, on the same processor", () => {
    const onCpu = { processor: "cpu", threads: 2, layout: null } as const;
    const rows = modelRows({
      ...results,
      variants: [
        variantOf({ ...onCpu, engine: "onnxruntime", wall: [0.03, 0.03] }),
        variantOf({ ...onCpu, engine: "onnxruntime", linear: "butterfly", wall: [0.02, 0.02] }),
        variantOf({ ...onCpu, linear: "butterfly", wall: [0.01, 0.01] }),
        variantOf({ wall: [0.01, 0.01] }),
      ],
    });
    const column = (title: string): (string | undefined)[] =>
      rows.map((row) => row[MODEL_HEAD.indexOf(title)]);
    expect(column("over ONNX Runtime")).toEqual(["-", "-", "×3.00", "-"]);
    expect(column("over dense")).toEqual(["-", "×1.50", "-", "-"]);
    expect(column("threads")).toEqual(["2", "2", "2", "-"]);
  });
});
