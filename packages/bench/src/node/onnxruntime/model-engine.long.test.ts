import * as ort from "onnxruntime-node";
import { expect, it } from "vitest";
import { measureModel, papilioOnCpu } from "../../models/index.ts";
import { findModelSubject } from "../../models/subjects.ts";
import { onnxModelEngine } from "./model-engine.ts";

it.each([
  ["minilm-l6", { units: 3, verified: 1 }],
  ["gpt2", { units: 4, verified: 2 }],
  ["gpt2-decode", { units: 9, verified: 9 }],
] as const)("%s is right by both engines, dense and butterfly", async (name, size) => {
  const engines = [onnxModelEngine(ort, "cpu"), papilioOnCpu()];
  const { complete, variants } = await measureModel(engines, findModelSubject(name), {
    ...size,
    linears: ["dense", "butterfly"],
    rounds: 1,
    minSample: 1e-6,
    seed: 1,
  });
  expect(complete).toBe(true);
  expect(variants.map(({ verification }) => verification.ok)).toEqual([true, true, true, true]);
});
