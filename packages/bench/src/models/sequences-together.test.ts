import { expect, it } from "vitest";
import { parseModelResults } from "../results/parse-model-results.ts";
import { modelResults, variantOf } from "../testing/model-results.ts";
import { measureModel } from "./measure-models.ts";
import { modelLines, modelRows } from "./model-table.ts";
import { papilioOnCpu } from "./papilio-engines.ts";
import { findModelSubject } from "./subjects.ts";

const sizes = { units: 40, verified: 40, rounds: 2, minSample: 0, seed: 1 };

it("a token of several sequences together is right, and timed beside one at a time", async () => {
  const subject = findModelSubject("llama-260k-decode");
  const engines = [papilioOnCpu(["f32", "q8"])];
  const options = { ...sizes, linears: ["dense", "butterfly"], sequences: 5 } as const;
  const { variants, skipped } = await measureModel(engines, subject, options);
  expect(skipped).toEqual([]);
  expect(variants.map(({ linear, dtype, sequences }) => [linear, dtype, sequences])).toEqual(
    (["dense", "butterfly"] as const).flatMap((linear) =>
      [undefined, 5].flatMap((sequences) =>
        ["f32", "q8"].map((dtype) => [linear, dtype, sequences]),
      ),
    ),
  );
  for (const { verification, wall } of variants) {
    expect([verification.ok, wall.length]).toEqual([true, 2]);
  }
  // Each sequence has its vector in every linear layer, the head too.
  expect(variants[2]?.linearFlops).toBe(5 * (variants[0]?.linearFlops as number));
});

it("only what has sequences is timed so", async () => {
  const options = { ...sizes, linears: ["dense"], sequences: 2 } as const;
  await expect(measureModel([], findModelSubject("llama-260k"), options)).rejects.toMatchObject({
    code: "OPTION_INVALID",
  });
});

it("tables and lines compare several sequences with one of the same kind", () => {
  const on = (wall: number[], change: object = {}) => variantOf({ layout: null, wall, ...change });
  const results = {
    ...modelResults,
    variants: [
      on([0.02, 0.02, 0.02]),
      on([0.08, 0.08, 0.08], { sequences: 16 }),
      on([0.01, 0.01, 0.01], { linear: "butterfly" }),
      on([0.05, 0.05, 0.05], { linear: "butterfly", sequences: 16 }),
    ],
  };
  expect(parseModelResults(JSON.stringify(results))).toEqual(results);
  const lines = modelLines(results).filter((line) => line.includes("together"));
  expect(lines).toEqual([
    "papilio adapter dense f32, 16 sequences together: ×4.00 the tokens per second of one at a time (×4.00 to ×4.00).",
    "papilio adapter butterfly f32, 16 sequences together: ×3.20 the tokens per second of one at a time (×3.20 to ×3.20).",
  ]);
  expect(modelLines(results).join("\n")).toContain("the logits of all 16 tokens compared");
  const rows = modelRows(results).map(([name, , , , , , over]) => [name, over]);
  expect(rows).toEqual([
    ["papilio adapter dense f32", "-"],
    ["papilio adapter dense f32 16 sequences", "-"],
    ["papilio adapter butterfly f32", "×2.00"],
    ["papilio adapter butterfly f32 16 sequences", "×1.60"],
  ]);
});
